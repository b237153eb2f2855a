/**
 * Openings of a sentence whose rest says the same without them; behind ` = ` what takes their place.
 * Each line is a regular expression in which a space is any white space. A phrase is listed if it
 * stands in some of the 669 prompts of the repositories that `load/proofs/optimize` draws from, or
 * is a commonplace of plain-language guides.
 */
export const OPENINGS = String.raw`
(?:it is|it's) (?:(?:very|extremely|absolutely) )?(?:important|crucial|essential|critical) to (?:note|remember|understand) that
(?:it is|it's) (?:(?:very|extremely|absolutely) )?(?:important|crucial|essential|critical) that you(?= (?:do not|don't|never|only|always)\b)
(?:it is|it's) (?:important|crucial|essential|critical|necessary) to(?! not\b)
it (?:should|must) be noted that
(?:please )?(?:(?:also )?note|remember|be aware|keep in mind|understand) that
(?:always )?remember to(?! not\b)
(?:please )?(?:remember|note):
(?:do not|don't) forget to
(?:please )?(?:make sure|ensure|be sure|make certain) (?:that )?you(?! (?:not|never|do not|don't|can|are|have|were)\b)
(?:i|we) (?:want|need|expect|ask) (?:for )?you to(?! not\b)
(?:i|we)(?: would|'d) like you to(?! not\b)
your (?:main |primary |core |sole )?(?:task|job|goal|objective|mission|responsibility|role) is to(?! not\b)
you(?: will| are going to)? (?:need|are required|are expected|are asked|are tasked|are instructed|have) to(?! (?:not|be|have)\b)
you should(?! (?:not|never|be|also|have|only)\b)
you are tasked with = task:
you(?: will be| have been| are) (?:given|provided with|presented with) = given:
(?:the following is|the following are|here is|here are|below is|below are)(?= (?:the|a|an|some)\b) = given:
(?:please )?kindly
(?:feel free|do not hesitate|don't hesitate) to = you may
(?:as (?:mentioned|stated|noted|described|shown) (?:above|before|earlier|previously)),?
(?:in conclusion|in summary|in other words|needless to say|of course|basically|essentially|that being said),
(?:additionally|furthermore|moreover|in addition|also),
`;

/**
 * Phrases that add nothing to an instruction, wherever they stand. None says how strong, how often
 * or for whom something holds; those that might, such as ‘just’, ‘always’ or ‘only’, are not here. Contractions
 * keep their verb.
 */
export const ANYWHERE = String.raw`
(?<!\b(?:say|says|saying|write|writing|use|using|with|without|word|a|the|and|or) )please(?! (?:and|or|is)\b)
(?<!(?:\bnot|n['’]t|\bnever|\bcan|\bcannot|\bcould) )(?:make|be) (?:sure|certain) to(?! not\b) =
absolutely (?=essential|necessary) =
in order to = to
so as to = to
with the (?:goal|aim|purpose|intention|intent) of = for
(?:due to|in light of|given) the fact that = because
the fact that = that
in the event that = if
at (?:this|the present|the current) (?:point in )?time = now
the (?:vast )?majority of = most
a large (?:number|amount) of = many
a (?:wide |broad |whole )?(?:variety|range|array) of(?= (?:\w+ )?\w+s\b) = various
all of the(?! above\b) = all
each and every(?: one of)? = every
first and foremost = first
(?:is|are) able to = can
you(?: are|'re) required to = you must
(?:is|are) (?:supposed|expected) to = should
(?<=\b(?:decide|determine|check|indicate|state|verify|assess|evaluate|classify|say|tell) )whether or not = whether
in such a (?:way|manner) that = so that
based upon = based on
in (?:accordance|compliance) with = per
makes? use of = use
making use of = using
with (?:regard|respect|reference|regards) to = on
in (?:regard|relation|reference|regards) to = on
(?<=, )as well as = and
(?:along|together) with = with
in addition to = besides
prior to = before
take into (?:account|consideration) = consider
pay (?:close |careful |special |particular )?attention to = note
(?:when|where|if) (?:it is )?(?:necessary|appropriate|applicable|needed|required),?(?=[.,;]) = if needed
in the following (?:format|form|structure|way|manner)(?=:) = like this
and so (?:on|forth) = etc.
you are(?= \w)(?! (?:an?|the)\b) = you're
(?:is|are|was|were|do|does|did|has|have|should|could|would) not = n't
will not = won't
`;
