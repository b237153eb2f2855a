import { afterEach, describe, expect, it, vi } from "vitest";
import { BENCHES } from "../../load/bench/benches.ts";
import { type ProgramList, runCommand } from "../../load/harness/program.ts";
import { PROOFS } from "../../load/proofs/proofs.ts";

const received: string[][] = [];
const PROGRAMS: ProgramList = {
  short: {
    summary: "a program without flags",
    flags: "",
    load: async () => ({
      FLAGS: {},
      run: async (args) => {
        received.push(args);
        return args.length > 0;
      },
    }),
  },
  longer: {
    summary: "a program with flags",
    flags: "--seed N (1)",
    load: async () => Promise.reject(new Error("only the named program is loaded")),
  },
};

const printed = (method: "log" | "error") => vi.spyOn(console, method).mockImplementation(() => undefined);

afterEach(() => vi.restoreAllMocks());

describe("a command that runs programs", () => {
  it("lists its programs with their flags where none is named", async () => {
    const log = printed("log");
    expect(await runCommand("bench", PROGRAMS, [])).toBe(0);
    expect(log.mock.calls).toEqual([
      [
        [
          "npm run bench -- NAME [flags]",
          "",
          "  short   a program without flags",
          "  longer  a program with flags  --seed N (1)",
        ].join("\n"),
      ],
    ]);
  });

  it("lists them as an error, with exit code 2, where it does not know the name", async () => {
    const error = printed("error");
    expect(await runCommand("prove", PROGRAMS, ["toString"])).toBe(2);
    expect(String(error.mock.calls[0]?.[0])).toMatch(/^"toString" is not one of these:\n\nnpm run prove/);
  });

  it("passes the rest of the command line to the named program, and its verdict to the exit code", async () => {
    expect(await runCommand("bench", PROGRAMS, ["short", "--quick", "x"])).toBe(0);
    expect(await runCommand("bench", PROGRAMS, ["short"])).toBe(1);
    expect(received).toEqual([["--quick", "x"], []]);
  });
});

describe("the listed flags", () => {
  it.each(Object.entries({ ...BENCHES, ...PROOFS }))("of %s are those that it reads", async (_name, program) => {
    const { FLAGS } = await program.load();
    const listed = [...program.flags.matchAll(/--([\w-]+)/g)].map(([, flag = ""]) => flag);
    expect(new Set(listed)).toEqual(new Set(Object.keys(FLAGS)));
  });
});
