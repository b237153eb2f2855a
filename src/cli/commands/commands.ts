import type { Command } from "commander";
import type { StartCli } from "../cli.ts";
import { auditCommand } from "./audit.ts";
import { aliasCommand } from "./alias.ts";
import { batchCommand } from "./batch.ts";
import { usageCommand } from "./usage.ts";
import { budgetCommand } from "./budget.ts";
import { reconcileCommand } from "./reconcile.ts";
import { keysCommand } from "./keys.ts";
import { tailCommand } from "./tail.ts";
import { doctorCommand } from "./doctor.ts";
import { listenCommand } from "./listen.ts";
import { typesCommand } from "./types.ts";
import { optimizeCommand } from "./optimize.ts";
import { mcpCommand } from "./mcp.ts";
import { openCommand } from "./open.ts";
import { chainCommand } from "./chain.ts";
import { compareCommand } from "./compare.ts";
import { completionCommand } from "./completion.ts";
import { diffCommand } from "./diff.ts";
import { execCommand } from "./exec.ts";
import { historyCommand } from "./history.ts";
import { importCommand } from "./import.ts";
import { initCommand } from "./init.ts";
import { labelCommand } from "./label.ts";
import { listCommand } from "./list.ts";
import { loginCommand } from "./login.ts";
import { logoutCommand } from "./logout.ts";
import { promotionsCommand, protectCommand } from "./promotions.ts";
import { promoteCommand } from "./promote.ts";
import { pullCommand } from "./pull.ts";
import { pushCommand } from "./push.ts";
import { renderCommand } from "./render.ts";
import { rollbackCommand } from "./rollback.ts";
import { testCommand } from "./test.ts";

/** Everything that `pbt-edge` can do, in the order in which its help lists it. */
export const COMMANDS: readonly ((start: StartCli) => Command)[] = [
  initCommand,
  loginCommand,
  logoutCommand,
  pushCommand,
  pullCommand,
  listCommand,
  diffCommand,
  renderCommand,
  execCommand,
  testCommand,
  compareCommand,
  optimizeCommand,
  chainCommand,
  historyCommand,
  labelCommand,
  promoteCommand,
  rollbackCommand,
  promotionsCommand,
  protectCommand,
  batchCommand,
  usageCommand,
  budgetCommand,
  reconcileCommand,
  keysCommand,
  auditCommand,
  tailCommand,
  doctorCommand,
  listenCommand,
  importCommand,
  aliasCommand,
  typesCommand,
  mcpCommand,
  openCommand,
  completionCommand,
];
