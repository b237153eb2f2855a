import { signedIn, type DashboardWorld, type Step } from "./world.ts";

const VIEW = { theme: "light", width: 1280 } as const;

/** Signing in and out, and who cannot use the session. */
export function sessionSteps(world: DashboardWorld): Step[] {
  return [
    { name: "session: a wrong key is refused with a sentence", run: async () => refuseWrongKey(world) },
    {
      name: "session: the cookie is out of reach for scripts, and its key is not kept",
      run: async () => hideCookie(world),
    },
    { name: "session: a page of another origin cannot use it", run: async () => refuseOthers(world) },
    { name: "session: it outlives a reload and ends with signing out", run: async () => signOut(world) },
  ];
}

async function refuseWrongKey({ browser, url }: DashboardWorld): Promise<void> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel("API key").fill("pbt_dev_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    if ((await page.getByRole("navigation").count()) > 0) throw new Error("the pages are shown");
  } finally {
    await context.close();
  }
}

async function hideCookie(world: DashboardWorld): Promise<void> {
  await signedIn(world, VIEW, async ({ page, context }) => {
    const seen = await page.evaluate(() => {
      const { document, localStorage, sessionStorage } = globalThis as unknown as {
        document: { cookie: string; documentElement: { outerHTML: string } };
        localStorage: object;
        sessionStorage: object;
      };
      const stores = JSON.stringify([localStorage, sessionStorage]);
      return document.cookie + stores + document.documentElement.outerHTML;
    });
    if (seen.includes("pbt_session") || seen.includes(world.key)) throw new Error("a script can read it");
    const cookie = (await context.cookies()).find(({ name }) => name === "pbt_session");
    if (cookie?.httpOnly !== true || cookie.sameSite !== "Strict") throw new Error("it is not HttpOnly and Strict");
    if (cookie.value.includes(world.key)) throw new Error("the cookie has the key in it");
  });
}

async function refuseOthers(world: DashboardWorld): Promise<void> {
  await signedIn(world, VIEW, async ({ page, context }) => {
    // The same host under another name is another site to the browser.
    const other = world.url.replace("127.0.0.1", "localhost");
    const elsewhere = await context.newPage();
    await elsewhere.goto(`${other}/docs`);
    const call = `fetch("${world.url}/v1/prompts", { credentials: "include", headers: { "x-pbt-session": "1" } })`;
    const status = await elsewhere.evaluate<number>(`${call}.then((answer) => answer.status, () => 0)`);
    if (status === 200) throw new Error("another origin read the tenant's prompts");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  });
}

async function signOut(world: DashboardWorld): Promise<void> {
  await signedIn(world, VIEW, async ({ page }) => {
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
    await page.reload();
    await page.getByLabel("API key").waitFor();
  });
}
