import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { TextField } from "../../ui/form.tsx";
import { percent } from "../../ui/format.ts";
import { Panel } from "../../ui/page.tsx";
import type { RecordedDetail } from "./execution-detail.ts";

/** How good the answer was, as somebody judged it. */
export function Feedback({ detail: { id, feedback } }: { detail: RecordedDetail }) {
  const [comment, setComment] = useState(feedback?.comment ?? "");
  const mayWrite = useScope("executions:write");
  const give = useAction(
    async (score: number) =>
      api.request("POST /v1/executions/{id}/feedback", {
        path: { id },
        body: { score, ...(comment === "" ? {} : { comment }) },
      }),
    { done: "Thank you: the feedback is recorded." },
  );
  return (
    <Panel title="Feedback" aside={feedback && <span>score {percent(feedback.score)}</span>}>
      {mayWrite ? (
        <div class="stack">
          <TextField label="Comment" value={comment} set={setComment} />
          <ErrorBox error={give.error} />
          <div class="row">
            <button type="button" class="button" disabled={give.isPending} onClick={() => give.run(1)}>
              Good answer
            </button>
            <button type="button" class="button" disabled={give.isPending} onClick={() => give.run(0)}>
              Bad answer
            </button>
          </div>
        </div>
      ) : (
        <p class="muted">{feedback?.comment ?? "The key cannot give feedback: it lacks the scope executions:write."}</p>
      )}
    </Panel>
  );
}
