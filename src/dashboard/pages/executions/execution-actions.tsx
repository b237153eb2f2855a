import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { OperationBody } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, TextAreaField } from "../../ui/form.tsx";
import { Code } from "../../ui/small.tsx";
import { type RecordedDetail, replayBody, testCaseOf, whyNoReplay, whyNoTest } from "./execution-detail.ts";

/** What can be done with an execution: asked again, or made a test of its prompt. */
export function ExecutionActions({ detail }: { detail: RecordedDetail }) {
  const [isTesting, setTesting] = useState(false);
  const body = replayBody(detail);
  const mayExecute = useScope("executions:write");
  const mayPublish = useScope("prompts:write");
  const noTest = whyNoTest(detail);
  return (
    <>
      {mayExecute && <Replay body={body} missing={whyNoReplay(detail)} />}
      {mayPublish && detail.prompt && (
        <button
          type="button"
          class="button"
          disabled={noTest !== undefined}
          title={noTest}
          onClick={() => setTesting(true)}
        >
          Add to tests
        </button>
      )}
      {isTesting && <AddTest detail={detail} close={() => setTesting(false)} />}
    </>
  );
}

function Replay({ body, missing }: { body: Record<string, unknown> | null; missing: string | undefined }) {
  const { route } = useLocation();
  const replay = useAction(
    async (_: void, keyOf) => {
      const request = { ...body, cache: false } as unknown as OperationBody<"POST /v1/executions">;
      return api.request("POST /v1/executions", { body: request, idempotencyKey: keyOf(request) });
    },
    {
      done: "Executed again.",
      onDone: (reply) => {
        if (typeof reply === "object") route(`/app/executions/${reply.id}`);
      },
    },
  );
  return (
    <>
      <button
        type="button"
        class="button"
        title={missing ?? "Asks the same version the same, past the caches"}
        disabled={body === null || replay.isPending}
        onClick={() => replay.run(undefined)}
      >
        {replay.isPending ? "Executing…" : "Replay"}
      </button>
      <ErrorBox error={replay.error} />
    </>
  );
}

/** Publishes a new version of the prompt, which has this execution as a test. */
function AddTest({ detail, close }: { detail: RecordedDetail; close: () => void }) {
  const { route } = useLocation();
  const [expected, setExpected] = useState(detail.output ?? "");
  const test = testCaseOf(detail, expected);
  const name = detail.prompt?.name ?? "";
  const publish = useAction(
    async () => {
      const { addTestTo } = await import("./add-test.ts");
      return test && addTestTo(name, test);
    },
    {
      done: (reply) => `Published version ${reply?.version} of ${name} with the test.`,
      onDone: (reply) => reply && route(`/app/prompts/${encodeURIComponent(name)}?version=${reply.version}`),
    },
  );
  return (
    <Dialog title={`Add a test to ${name}`} close={close}>
      <div class="stack">
        <TextAreaField
          label="The answer must contain"
          value={expected}
          set={setExpected}
          hint="One text a line. Keep only what any good answer has."
        />
        <Code label="The test" text={JSON.stringify(test, null, 2)} />
        <ErrorBox error={publish.error} />
        <div class="row end">
          <button
            type="button"
            class="button primary"
            disabled={publish.isPending || !test || test.expected_contains.length === 0}
            onClick={() => publish.run(undefined)}
          >
            Publish a version with this test
          </button>
        </div>
      </div>
    </Dialog>
  );
}
