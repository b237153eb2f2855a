import { percent } from "../../../ui/format.ts";
import { type Meaning, sharesOf } from "../label-meaning.ts";

/** What a label means, with a bar where it is a split. */
export function Shares({ meaning }: { meaning: Meaning }) {
  const shares = sharesOf(meaning);
  if (shares.length === 1) return <>#{shares[0]?.version}</>;
  return (
    <span class="shares">
      <span class="shares-bar" aria-hidden="true">
        {shares.map(({ version, share }, at) => (
          <i key={version} style={{ "--share": String(share), "--swatch": `var(--series-${(at % 8) + 1})` }} />
        ))}
      </span>
      {shares.map(({ version, share }) => (
        <span key={version}>
          #{version} {percent(share)}
        </span>
      ))}
    </span>
  );
}
