import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, faultOf, Field, SelectField, TextField } from "../../ui/form.tsx";
import { bytes, count } from "../../ui/format.ts";
import { numberOf } from "../../ui/number-of.ts";
import { Copy } from "../../ui/small.tsx";
import { CostLimitField, PromptChoice, VersionField } from "../tests/prompt-choice.tsx";
import { versionOf } from "../tests/version-choice.ts";
import { checkItems, type ItemsFile } from "./ndjson.ts";

const EMPTY = { prompt: "", version: "", model: "", mode: "queue", maxCost: "", webhook: "" };

interface ChosenFile extends ItemsFile {
  /** Another one each time a file is chosen. */
  id: string;
  name: string;
  size: number;
  text: string;
}

/** The form that sends a batch: a file of items, the prompt, and what all items share. */
export function NewBatch({ close }: { close: () => void }) {
  const { route } = useLocation();
  const [form, setForm] = useState(EMPTY);
  const [file, setFile] = useState<ChosenFile | null>(null);
  const [secret, setSecret] = useState<{ id: string; secret: string } | null>(null);
  const set = (changed: Partial<typeof EMPTY>) => setForm({ ...form, ...changed });
  const open = (id: string) => route(`/app/batches/${id}`);
  const submit = async (_: void, keyOf: (request: unknown) => string) =>
    sendBatch(form, file?.text ?? "", keyOf([form, file?.id]));
  const send = useAction(submit, {
    done: ({ counts }) => `${count(counts.total)} items are accepted.`,
    onDone: ({ id, webhook_secret }) => {
      if (webhook_secret === undefined) open(id);
      else setSecret({ id, secret: webhook_secret });
    },
  });
  if (secret) return <WebhookSecret secret={secret.secret} close={() => open(secret.id)} />;
  return (
    <Dialog title="New batch" close={close} isBusy={send.isPending}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          send.run(undefined);
        }}
      >
        <ItemsField file={file} set={setFile} />
        <OptionFields form={form} set={set} error={send.error} />
        <ErrorBox error={send.error} />
        <div class="row end">
          <button
            type="submit"
            class="button primary"
            disabled={!file || file.fault !== null || form.prompt === "" || send.isPending}
          >
            {send.isPending ? "Sending…" : "Send batch"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface OptionFieldsProps {
  form: typeof EMPTY;
  set: (changed: Partial<typeof EMPTY>) => void;
  error: Error | null;
}

/** What all items share. */
function OptionFields({ form, set, error }: OptionFieldsProps) {
  return (
    <>
      <PromptChoice value={form.prompt} set={(prompt) => set({ prompt })} fault={faultOf(error, "prompt")} />
      <VersionField prompt={form.prompt} value={form.version} set={(version) => set({ version })} />
      <TextField
        label="Model"
        value={form.model}
        set={(model) => set({ model })}
        placeholder="the prompt's own"
        fault={faultOf(error, "model")}
      />
      <SelectField
        label="Mode"
        value={form.mode}
        set={(mode) => set({ mode })}
        options={[
          ["queue", "queue: begins at once"],
          ["provider", "provider: half the price, within a day"],
        ]}
      />
      <CostLimitField value={form.maxCost} set={(maxCost) => set({ maxCost })} error={error} />
      <TextField
        label="Webhook"
        type="url"
        value={form.webhook}
        set={(webhook) => set({ webhook })}
        placeholder="https://…"
        hint="Told of the end. Its secret is shown once."
        fault={faultOf(error, "webhook")}
      />
    </>
  );
}

async function sendBatch(
  { prompt, version, model, mode, maxCost, webhook }: typeof EMPTY,
  items: string,
  idempotencyKey: string,
) {
  return api.request("POST /v1/batches", {
    idempotencyKey,
    query: {
      ...versionOf(version),
      prompt,
      mode: mode === "provider" ? "provider" : "queue",
      max_cost_usd: numberOf(maxCost),
      ...(model.trim() !== "" && { model: model.trim() }),
      ...(webhook.trim() !== "" && { webhook: webhook.trim() }),
    },
    headers: { "content-type": "application/x-ndjson" },
    body: items,
  });
}

function ItemsField({ file, set }: { file: ChosenFile | null; set: (file: ChosenFile | null) => void }) {
  const choose = async (chosen: File | undefined) => {
    if (!chosen) {
      set(null);
      return;
    }
    const text = await chosen.text();
    set({ id: crypto.randomUUID(), name: chosen.name, size: chosen.size, text, ...checkItems(text) });
  };
  const hint = file
    ? `${file.name}: ${count(file.items)} items, ${bytes(file.size)}`
    : 'NDJSON, one item a line: {"custom_id": "1", "variables": {"name": "Ada"}}. Up to 50,000 items and 100 MB.';
  return (
    <Field label="File of items" hint={hint} fault={file?.fault ?? undefined}>
      {(attributes) => (
        <input
          {...attributes}
          type="file"
          accept=".ndjson,.jsonl,.json,application/x-ndjson"
          onChange={(e) => void choose(e.currentTarget.files?.[0])}
        />
      )}
    </Field>
  );
}

function WebhookSecret({ secret, close }: { secret: string; close: () => void }) {
  return (
    <Dialog title="The webhook's secret" close={close}>
      <div class="stack">
        <p>It signs the event at the end of this batch, and is not shown again.</p>
        <p class="row">
          <code class="secret">{secret}</code> <Copy text={secret} label="Copy secret" autofocus />
        </p>
      </div>
    </Dialog>
  );
}
