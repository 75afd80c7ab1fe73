import type { AdminIo } from './admin-io.js';
import { createAdminDeps } from './create-admin-deps.js';
import { type AdminEnvironment, readEnvironment } from './environment.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { openStore } from './open-store.js';
import { parseCommandLine } from './parse-command-line.js';
import { createProcessIo } from './process-io.js';
import { reportFailure, runCommand } from './run-command.js';
import { callAdminSocket } from './socket/call-admin-socket.js';

const argv = process.argv.slice(2);

async function main(): Promise<ExitCode> {
  let io = createProcessIo('unknown');
  try {
    const line = parseCommandLine(argv);
    if (line.kind === 'help') {
      await io.out(line.text);
      return EXIT.done;
    }
    const environment = readEnvironment(process.env);
    io = { ...io, operator: environment.operator };
    return await runSomewhere(environment, io);
  } catch (error) {
    return await reportFailure(error, argv, io);
  }
}

/** On the server, in the local stack that holds the embedded database, or on that database itself. */
async function runSomewhere(environment: AdminEnvironment, io: AdminIo): Promise<ExitCode> {
  if (environment.databaseUrl === null && !environment.isProduction) {
    const exitCode = await callAdminSocket(environment.dataDirectory, argv, io);
    if (exitCode !== null) return exitCode;
  }
  const store = await openStore(environment);
  try {
    return await runCommand(createAdminDeps({ store, localPort: environment.localPort }), argv, io);
  } finally {
    await store.close();
  }
}

process.exitCode = await main();
