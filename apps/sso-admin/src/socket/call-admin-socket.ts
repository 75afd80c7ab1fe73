import { connect, type Socket } from 'node:net';
import type { AdminIo } from '../admin-io.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Refusal } from '../refusal.js';
import { readLines } from './read-lines.js';
import { type AdminRequest, adminReply } from './socket-messages.js';
import { socketPath } from './socket-path.js';

/**
 * Has the local stack of a data folder carry out a command line, and returns its exit code; null when no stack
 * listens there.
 *
 * @throws {Refusal} `stack-stopped` when it ended in the middle
 */
export async function callAdminSocket(
  dataDirectory: string,
  argv: readonly string[],
  io: AdminIo,
): Promise<ExitCode | null> {
  const place = socketPath(dataDirectory);
  const socket = 'path' in place ? await connectTo(place.path) : null;
  if (socket === null) return null;
  // Half closed, so that the stack still says how the interrupted command ended.
  const leave = (): void => void socket.end();
  io.signal.addEventListener('abort', leave);
  try {
    const request: AdminRequest = {
      version: 1,
      argv: [...argv],
      cwd: io.cwd,
      operator: io.operator,
      isTerminal: io.isTerminal,
      columns: io.columns,
    };
    socket.write(`${JSON.stringify(request)}\n`);
    return await relay(socket, io);
  } finally {
    io.signal.removeEventListener('abort', leave);
    socket.destroy();
  }
}

async function relay(socket: Socket, io: AdminIo): Promise<ExitCode> {
  try {
    for await (const line of readLines(socket)) {
      const reply = adminReply.parse(JSON.parse(line));
      if ('exit' in reply) return reply.exit;
      if ('out' in reply) await io.out(reply.out);
      else await io.err(reply.err);
    }
  } catch (error) {
    // A connection that broke has an error code; anything else is a defect.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  throw new Refusal({
    code: 'stack-stopped',
    message: 'The local stack stopped before the command ended.',
    advice: 'Look at what is there before you repeat the command.',
    exitCode: EXIT.databaseUnavailable,
  });
}

/** Null when nobody listens. */
async function connectTo(path: string): Promise<Socket | null> {
  const socket = connect(path);
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
