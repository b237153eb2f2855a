import { useEffect, useState } from "preact/hooks";

const SHOWN_MS = 5_000;

interface Toast {
  id: number;
  text: string;
}

let lastId = 0;
let toasts: Toast[] = [];
let listener: (toasts: Toast[]) => void = () => undefined;

/** Tells what was done, for some seconds. Faults are shown where they belong, not here. */
export function showToast(text: string): void {
  const toast = { id: ++lastId, text };
  toasts = [...toasts, toast];
  listener(toasts);
  setTimeout(() => {
    toasts = toasts.filter(({ id }) => id !== toast.id);
    listener(toasts);
  }, SHOWN_MS);
}

/** Where toasts are shown; one on the page. */
export function Toasts() {
  const [shown, setShown] = useState<Toast[]>([]);
  useEffect(() => {
    listener = setShown;
  }, []);
  return (
    <div class="toasts" role="status">
      {shown.map(({ id, text }) => (
        <div key={id} class="toast">
          {text}
        </div>
      ))}
    </div>
  );
}
