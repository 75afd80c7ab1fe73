/**
 * @module
 * Lets commands work beside a process that holds the embedded database: it carries them out on its own store. For
 * development only. Whoever may open the socket may do everything, so only its owner may.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { AdminDeps } from '../admin-deps.js';
import type { AdminIo } from '../admin-io.js';
import { runCommand } from '../run-command.js';
import { readLines } from './read-lines.js';
import { type AdminReply, type AdminRequest, adminRequest } from './socket-messages.js';
import { socketPath } from './socket-path.js';

export interface AdminSocketOptions {
  /** The data folder whose lock this process holds. */
  readonly dataDirectory: string;
  readonly deps: AdminDeps;
}

export interface AdminSocket {
  /** Null when it listens, or else a sentence why it cannot. */
  readonly reason: string | null;
  /** Interrupts the commands under way and waits for them. */
  close(): Promise<void>;
}

export async function serveAdminSocket({ dataDirectory, deps }: AdminSocketOptions): Promise<AdminSocket> {
  const place = socketPath(dataDirectory);
  if ('reason' in place) return { reason: place.reason, close: async () => {} };
  const { path } = place;
  const running = new Map<Socket, Promise<void>>();
  const stopping = new AbortController();
  // Half open, because a caller that interrupts still waits for the exit code.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const work = serve(socket, deps, stopping.signal).finally(() => running.delete(socket));
    running.set(socket, work);
  });
  await listen(server, path);
  return {
    reason: null,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      stopping.abort();
      await Promise.all(running.values());
      await closed;
    },
  };
}

/** The socket never exists with a wider mode than 0600, not even for a moment. */
async function listen(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  // Left by a process that was killed: the folder's lock is ours, so nobody listens on it.
  rmSync(path, { force: true });
  const listening = new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening;
  chmodSync(path, 0o600);
}

async function serve(socket: Socket, deps: AdminDeps, stopping: AbortSignal): Promise<void> {
  const gone = new AbortController();
  const giveUp = (): void => {
    gone.abort();
    socket.destroy();
  };
  socket
    .on('error', giveUp)
    .on('end', () => gone.abort())
    .on('close', () => gone.abort());
  const stop = (): void => gone.abort();
  stopping.addEventListener('abort', stop);
  try {
    const request = await readRequest(socket);
    if (request === null) return giveUp();
    const exit = await runCommand(deps, request.argv, createSocketIo(socket, request, gone.signal));
    await send(socket, { exit });
    socket.end();
  } catch {
    giveUp();
  } finally {
    stopping.removeEventListener('abort', stop);
  }
}

/** Null for anything that is not a request, or when the caller left before it was whole. */
async function readRequest(socket: Socket): Promise<AdminRequest | null> {
  const lines = readLines(socket);
  const { value } = await lines.next();
  // Whatever else arrives is read and dropped, or the caller's leaving would not be noticed.
  await lines.return(undefined);
  socket.resume();
  if (value === undefined) return null;
  const parsed = adminRequest.safeParse(JSON.parse(value));
  return parsed.success ? parsed.data : null;
}

function createSocketIo(socket: Socket, request: AdminRequest, signal: AbortSignal): AdminIo {
  return {
    out: (text) => send(socket, { out: text }),
    err: (text) => send(socket, { err: text }),
    isTerminal: request.isTerminal,
    columns: request.columns,
    cwd: request.cwd,
    operator: request.operator,
    signal,
  };
}

/** Resolves when the line was taken, or there is nobody any more to take it. */
async function send(socket: Socket, reply: AdminReply): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => socket.write(`${JSON.stringify(reply)}\n`, () => resolve()));
}
