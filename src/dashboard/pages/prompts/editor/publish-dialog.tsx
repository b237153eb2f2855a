import { useState } from "preact/hooks";
import { ApiError, ConflictError } from "../../../../client/errors.ts";
import type { OperationResult } from "../../../../client/index.ts";
import { api } from "../../../api/client.ts";
import { useAction, useRead } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Dialog } from "../../../ui/form.tsx";
import { DiffView } from "../diff-view.tsx";
import { meaningText } from "../label-meaning.ts";
import { readSource, type StoredSource } from "../use-source.ts";

/** What publishing answers. */
export type Published = OperationResult<"PUT /v1/prompts/{name}">;

interface PublishDialogProps {
  name: string;
  text: string;
  /** The newest version as the author saw it; null for a new prompt. */
  base: StoredSource | null;
  /** Whether the new version is tried out at once. */
  isTry: boolean;
  published: (reply: Published) => void;
  /** Compare with this version from now on. */
  rebase: (newest: StoredSource) => void;
  close: () => void;
}

/**
 * Shows what would be published beside the newest version, and publishes it if that is still the
 * newest.
 */
export function PublishDialog({ name, text, base, isTry, published, rebase, close }: PublishDialogProps) {
  const publish = useAction(async () => publishOver(name, text, base), {
    done: ({ version }) => `${name} #${version} is published.`,
    onDone: published,
  });
  const isOutdated = publish.error instanceof ConflictError;
  const submit = (event: Event) => {
    event.preventDefault();
    publish.run();
  };
  const next = base === null ? 1 : base.version + 1;
  return (
    <Dialog
      title={base === null ? `Publish ${name}` : `Publish ${name} #${next}`}
      close={close}
      isBusy={publish.isPending}
    >
      <form class="stack publish" onSubmit={submit}>
        <p>
          A version never changes. Labels stay where they are, only <code>latest</code> moves.{" "}
          <Serving name={name} isNew={base === null} />
          {isTry && " The new version is then executed once with the variables beside."}
        </p>
        <DiffView
          before={base?.source ?? ""}
          after={text}
          titles={[base ? `#${base.version}, newest` : "nothing", "this text"]}
        />
        <ErrorBox error={publish.error} />
        {isOutdated && base && (
          <Meanwhile
            name={name}
            base={base}
            rebase={(newest) => {
              publish.reset();
              rebase(newest);
            }}
          />
        )}
        <div class="row end">
          <button type="button" class="button" disabled={publish.isPending} onClick={close}>
            Keep editing
          </button>
          <button type="submit" class="button primary" autofocus disabled={publish.isPending || isOutdated}>
            {isTry ? "Publish and try" : "Publish"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface MeanwhileProps {
  name: string;
  base: StoredSource;
  rebase: (newest: StoredSource) => void;
}

/** What somebody else published since the text was opened, which this text would cover up. */
function Meanwhile({ name, base, rebase }: MeanwhileProps) {
  const [newest, setNewest] = useState<StoredSource | null>(null);
  const look = useAction(async () => readSource(name), { onDone: setNewest });
  if (newest === null) {
    return (
      <>
        <p>
          Your text is kept.{" "}
          <button type="button" class="button small" disabled={look.isPending} onClick={() => look.run()}>
            Look at the newest version
          </button>
        </p>
        <ErrorBox error={look.error} />
      </>
    );
  }
  return (
    <>
      <h3>What was published meanwhile</h3>
      <DiffView before={base.source} after={newest.source} titles={[`#${base.version}`, `#${newest.version}`]} />
      <button type="button" class="button" onClick={() => rebase(newest)}>
        Compare my text with #{newest.version}
      </button>
    </>
  );
}

/** Which version callers get that name neither a version nor a label. */
function Serving({ name, isNew }: { name: string; isNew: boolean }) {
  const { data } = useRead(
    "GET /v1/prompts/{name}/labels",
    { path: { name }, query: { limit: 200 } },
    { enabled: !isNew },
  );
  const production = data?.data.find(({ label }) => label === "production");
  if (isNew || !data) return null;
  if (production) return <>Callers get production, which means {meaningText(production)}.</>;
  return (
    <b class="warn">
      There is no label production: callers that name neither a version nor a label get this version at once.
    </b>
  );
}

/** Publishes where the newest version is the one that was seen, or none where there was none. */
async function publishOver(name: string, text: string, base: StoredSource | null): Promise<Published> {
  if (base !== null) return api.prompts.publish(name, text, { ifVersion: base.version });
  const existing = await api.prompts.get(name, { label: "latest" }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  });
  if (existing)
    throw new Error(`There is a prompt "${name}" already: edit it, or choose another name. Nothing was published.`);
  return api.prompts.publish(name, text);
}
