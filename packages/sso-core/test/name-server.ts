/**
 * @module
 * A name server on this machine: answers for the names that it is told about, stays silent about the others that it is
 * told to, and does not know the rest. RFC 1035 §4.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export type NameAnswer =
  | {
      readonly a?: readonly string[];
      readonly aaaa?: readonly string[];
      /** The addresses are said to be this name's, for which the asked one stands. */
      readonly cname?: string;
    }
  /** Never answers, or for one family only. */
  | 'silent';

export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Every question, e.g. `A acme.okta.example`. */
  readonly questions: string[];
  close(): Promise<void>;
}

const TYPES: ReadonlyMap<number, 'a' | 'aaaa'> = new Map([
  [1, 'a'],
  [28, 'aaaa'],
]);

export interface NameServerOptions {
  /** Of several answers each question takes the next; the last one stays. */
  readonly names: Readonly<Record<string, NameAnswer | readonly NameAnswer[]>>;
  /** Names whose questions for IPv6 addresses are never answered. */
  readonly silentForIpv6?: readonly string[];
}

export async function startNameServer({ names, silentForIpv6 = [] }: NameServerOptions): Promise<NameServer> {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  const given = new Map<string, number>();
  function nextAnswer(
    question: string,
    answers: NameAnswer | readonly NameAnswer[] | undefined,
  ): NameAnswer | undefined {
    if (answers === undefined || answers === 'silent' || !Array.isArray(answers))
      return answers as NameAnswer | undefined;
    const index = given.get(question) ?? 0;
    given.set(question, index + 1);
    return answers[Math.min(index, answers.length - 1)];
  }
  socket.on('message', (message, { address, port }) => {
    const { name, type, end } = readQuestion(message);
    const family = TYPES.get(type);
    questions.push(`${family?.toUpperCase() ?? type} ${name}`);
    const known = nextAnswer(`${type} ${name}`, names[name]);
    if (known === 'silent' || (family === 'aaaa' && silentForIpv6.includes(name))) return;
    const addresses = family === undefined ? [] : (known?.[family] ?? []);
    const header = Buffer.from(message.subarray(0, 12));
    // A response that allows recursion; NXDOMAIN for a name that is not known.
    header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2);
    const alias = known?.cname === undefined ? [] : [toRecord(QUESTION, 5, toLabels(known.cname))];
    const owner = known?.cname === undefined ? QUESTION : toLabels(known.cname);
    const records = [...alias, ...addresses.map((text) => toRecord(owner, type, toBytes(type, text)))];
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([header, message.subarray(12, end), ...records]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readQuestion(message: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let offset = 12;
  for (let length = message[offset] ?? 0; length > 0; length = message[offset] ?? 0) {
    labels.push(message.toString('latin1', offset + 1, offset + 1 + length));
    offset += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(offset + 1), end: offset + 5 };
}

/** A pointer to the name of the question. */
const QUESTION = Buffer.from([0xc0, 0x0c]);

function toLabels(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function toBytes(type: number, address: string): Buffer {
  return type === 1
    ? Buffer.from(address.split('.').map(Number))
    : Buffer.from(ipv6Words(address).flatMap((word) => [word >> 8, word & 255]));
}

/** Class IN; a time to live of zero. */
function toRecord(owner: Buffer, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, head, data]);
}

function ipv6Words(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
