import type { Socket } from 'node:net';
import { MAX_LINE } from './socket-messages.js';

/** The lines that arrive, until the other side ends. @throws {Error} when one is too long or the socket fails */
export async function* readLines(socket: Socket): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    rest += String(chunk);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      yield line;
    }
    if (rest.length > MAX_LINE) throw new Error('A line on the socket is too long.');
  }
  return undefined;
}
