import { useState } from "preact/hooks";
import { ErrorBox } from "./error-box.tsx";
import { TextField } from "./form.tsx";

/** The form for signing in with an API key. The key goes to the server once, and is not kept here. */
export function SignIn({ signIn }: { signIn: (key: string) => Promise<void> }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [isPending, setPending] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setPending(true);
    setError(null);
    await signIn(key.trim()).catch(setError);
    setPending(false);
  };
  return (
    <main class="sign-in">
      <form class="panel stack" onSubmit={(event) => void submit(event)}>
        <h1>PBT Edge</h1>
        <TextField
          label="API key"
          type="password"
          value={key}
          set={setKey}
          placeholder="pbt_…"
          hint="A key of your tenant. The page can do what the key may do."
          required
        />
        <ErrorBox error={error} />
        <button type="submit" class="button primary" disabled={isPending || key.trim() === ""}>
          Sign in
        </button>
        <p class="muted">
          Locally, <code>npm start</code> prints the key of the demo tenant. <a href="/docs">API reference</a>
        </p>
      </form>
    </main>
  );
}
