/** The page before it is known who is signed in, as `index.html` shows it before the scripts come. */
export function Boot() {
  return (
    <div class="shell" aria-busy="true">
      <div class="side">
        <div class="brand">PBT Edge</div>
      </div>
      <div />
    </div>
  );
}
