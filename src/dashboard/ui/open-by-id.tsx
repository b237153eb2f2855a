import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { TextField } from "./form.tsx";

interface OpenByIdProps {
  label: string;
  placeholder: string;
  /** The beginning of the address, before the id. */
  path: string;
}

/** Opens what an id names. */
export function OpenById({ label, placeholder, path }: OpenByIdProps) {
  const { route } = useLocation();
  const [id, setId] = useState("");
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim() !== "") route(path + encodeURIComponent(id.trim()));
      }}
    >
      <TextField label={label} value={id} set={setId} placeholder={placeholder} />
      <button type="submit" class="button" disabled={id.trim() === ""}>
        Open
      </button>
    </form>
  );
}
