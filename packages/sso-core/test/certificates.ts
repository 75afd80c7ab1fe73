/**
 * @module
 * A throw-away certificate authority, made at run time: just enough DER for a root and the certificates it signs.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM of the root. */
  readonly cert: string;
  /** A certificate for a host name. `expired` gives one that was valid until yesterday, `selfSigned` one of its own. */
  issue(hostname: string, options?: { readonly expired?: boolean; readonly selfSigned?: boolean }): Certificate;
}

const DAY_MS = 86_400_000;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const commonName = (name: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
const time = (ms: number) =>
  der(
    0x17,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  );
const extension = (id: string, value: Uint8Array) => sequence(oid(id), der(0x04, value));

interface Request {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signWith: KeyObject;
  readonly isAuthority: boolean;
  readonly expired: boolean;
}

function makeCertificate({ subject, issuer, publicKey, signWith, isAuthority, expired }: Request): string {
  const until = Date.now() + (expired ? -1 : 1) * DAY_MS;
  const extensions = isAuthority
    ? extension('551d13', sequence(der(0x01, Buffer.from([0xff]))))
    : extension('551d11', sequence(der(0x82, Buffer.from(subject))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    commonName(issuer),
    sequence(time(until - 2 * DAY_MS), time(until)),
    commonName(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(extensions)),
  );
  const signature = sign('sha256', body, { key: signWith, dsaEncoding: 'der' });
  const certificate = sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  return `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

const makeKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export function createCertificateAuthority(name = 'Throw-away root'): CertificateAuthority {
  const root = makeKeyPair();
  const common = { issuer: name, signWith: root.privateKey };
  return {
    cert: makeCertificate({ ...common, subject: name, publicKey: root.publicKey, isAuthority: true, expired: false }),
    issue(hostname, { expired = false, selfSigned = false } = {}) {
      const { publicKey, privateKey } = makeKeyPair();
      const issuer = selfSigned ? { issuer: hostname, signWith: privateKey } : common;
      const cert = makeCertificate({ ...issuer, subject: hostname, publicKey, isAuthority: false, expired });
      return { cert, key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string };
    },
  };
}
