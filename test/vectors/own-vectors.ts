/**
 * @module
 * Vectors of our own, with new keys at every run: each way to write, to sign and to publish a JWS that the public
 * collections know of, for the algorithms that are accepted here.
 */
import {
  constants,
  createHash,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  sign as signBytes,
} from 'node:crypto';
import { ALGORITHMS, type Algorithm, type Vector, type VectorFile, type VectorGroup } from './vector-file.js';

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
type Fields = Readonly<Record<string, unknown>>;
/** A text, and whether it is to be accepted; invalid unless it says otherwise. */
type Case = readonly [comment: string, jws: string, result?: Vector['result'] | undefined];

const KID = 'vector-key';
const PAYLOAD = { foo: 'bar' };

const encode = (value: string | Buffer | Fields): string =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString(
    'base64url',
  );

const rsaPair = (modulusLength = 2048): KeyPair => generateKeyPairSync('rsa', { modulusLength });
const ecPair = (namedCurve = 'P-256'): KeyPair => generateKeyPairSync('ec', { namedCurve });
const pairFor = (alg: Algorithm): KeyPair => (alg === 'ES256' ? ecPair() : rsaPair());

interface SignOptions {
  readonly hash?: string;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'der' | 'ieee-p1363';
}

function signatureOf(
  alg: Algorithm,
  { privateKey: key }: KeyPair,
  input: string,
  { hash = 'sha256', saltLength = 32, dsaEncoding = 'ieee-p1363' }: SignOptions = {},
): Buffer {
  if (alg === 'ES256') return signBytes(hash, Buffer.from(input), { key, dsaEncoding });
  if (alg === 'RS256') return signBytes(hash, Buffer.from(input), key);
  return signBytes(hash, Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/** A JWS with this header, signed properly whatever the header says. */
function signed(alg: Algorithm, pair: KeyPair, header: string | Buffer | Fields, options?: SignOptions): string {
  const input = `${encode(header)}.${encode(PAYLOAD)}`;
  return `${input}.${encode(signatureOf(alg, pair, input, options))}`;
}

const publicJwk = ({ publicKey }: KeyPair): Fields => ({ ...publicKey.export({ format: 'jwk' }) });

/** As a provider publishes it. */
const published = (alg: Algorithm, pair: KeyPair): Fields => ({ ...publicJwk(pair), kid: KID, alg, use: 'sig' });

type CaseGroup = Omit<VectorGroup, 'tests'> & { readonly cases: readonly Case[] };

/** How a JWS may be written down. RFC 7515 §7.1: three parts in base64url without padding, and nothing else. */
function spellings(alg: Algorithm, pair: KeyPair): readonly Case[] {
  const good = signed(alg, pair, { alg, kid: KID });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const json = { payload, protected: header, signature };
  const bytes = Buffer.from(signature, 'base64url');
  const standard = `${header}.${payload}.${bytes.toString('base64')}`;
  // The last of 342 or 86 characters carries four bits that are zero.
  const lastOf = (text: string): string => String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  return [
    ['as it should be', good, 'valid'],
    ['without a signature', `${header}.${payload}.`],
    ['without the last point', `${header}.${payload}`],
    ['without a payload', `${header}..${signature}`],
    ['without a header', `.${payload}.${signature}`],
    ['nothing', ''],
    ['points alone', '..'],
    ['one part too many', `${good}.${signature}`],
    ['an empty part too many', `${good}.`],
    ['five parts, as if encrypted', `${good}.${payload}.${signature}`],
    ['the payload of somebody else', `${header}.${encode({ foo: 'baz' })}.${signature}`],
    ['the header of somebody else', `${encode({ alg, kid: KID, a: 1 })}.${payload}.${signature}`],
    ['padding', `${good}==`],
    ['the standard alphabet with padding', standard],
    ['white space before', ` ${good}`],
    ['white space after', `${good} `],
    ['a line break in the signature', `${header}.${payload}.${signature.slice(0, 40)}\n${signature.slice(40)}`],
    ['a line break in the payload', `${header}.${payload.slice(0, 4)}\r\n${payload.slice(4)}.${signature}`],
    ['a character of no alphabet', `${header}.${payload}.${signature.slice(0, -1)}!`],
    ['a null character', `${header}.${payload}.${signature}\0`],
    ['spare bits in the signature', good.slice(0, -1) + lastOf(good)],
    ['flattened JSON', JSON.stringify(json)],
    ['general JSON', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['“Bearer” before it', `Bearer ${good}`],
  ];
}

/** What a header may ask for. RFC 7515 §4, RFC 7797, RFC 8725 §3.1 and §3.10. */
function headers(alg: Algorithm, pair: KeyPair): readonly Case[] {
  const asked = (more: Fields): string => signed(alg, pair, { alg, kid: KID, ...more });
  const named = (name: unknown): string => signed(alg, pair, { alg: name, kid: KID });
  const other = ecPair();
  const hashed = (secret: string | Buffer): string => {
    const input = `${encode({ alg: 'HS256', kid: KID })}.${encode(PAYLOAD)}`;
    return `${input}.${encode(createHmac('sha256', secret).update(input).digest())}`;
  };
  const unsigned = (name: string): Case => [
    `the algorithm ${name}, unsigned`,
    `${encode({ alg: name, kid: KID })}.${encode(PAYLOAD)}.`,
  ];
  const { publicKey } = pair;
  const jwk = publicJwk(pair);
  return [
    ['a header with more that says nothing here', asked({ foo: 'bar' }), 'valid'],
    ['a key embedded', asked({ jwk })],
    ['a key of the sender’s own embedded', signed('ES256', other, { alg: 'ES256', jwk: publicJwk(other) })],
    ['an address of keys', asked({ jku: 'https://vectors.example/keys' })],
    ['an address of certificates', asked({ x5u: 'https://vectors.example/certificates' })],
    ['a certificate embedded', asked({ x5c: ['MIIB'] })],
    ['an extension that must be understood', asked({ crit: ['exp'], exp: 1 })],
    ['an empty list of what must be understood', asked({ crit: [] })],
    ['a payload that is not encoded', asked({ b64: false, crit: ['b64'] })],
    ['a payload that is not encoded, not critical', asked({ b64: false })],
    ['a payload that is compressed', asked({ zip: 'DEF' })],
    ['no algorithm', signed(alg, pair, { kid: KID })],
    ['an algorithm that is a list', named([alg])],
    ['an algorithm in small letters', named(alg.toLowerCase())],
    ['an algorithm with white space', named(`${alg} `)],
    ['an algorithm that is an empty text', named('')],
    ['an algorithm of another strength', named(`${alg.slice(0, 2)}512`)],
    ['the algorithm EdDSA', named('EdDSA')],
    unsigned('none'),
    unsigned('None'),
    unsigned('NONE'),
    unsigned('nOnE'),
    ['the algorithm none with a signature', named('none')],
    ['a MAC keyed with the public key as PEM', hashed(publicKey.export({ format: 'pem', type: 'spki' }))],
    ['a MAC keyed with the public key as DER', hashed(publicKey.export({ format: 'der', type: 'spki' }))],
    ['a MAC keyed with the public key as JWK', hashed(JSON.stringify(jwk))],
    ['a MAC keyed with the modulus or the point', hashed(Buffer.from(String(jwk.n ?? jwk.x), 'base64url'))],
    ['a MAC keyed with nothing', hashed('')],
    ['a key id of nobody', signed(alg, pair, { alg, kid: 'nobody' })],
    ['a key id that is a number', signed(alg, pair, { alg, kid: 1 })],
    ['a key id that is empty', signed(alg, pair, { alg, kid: '' })],
    ['a header that is no JSON', signed(alg, pair, `{"alg":"${alg}","kid":"${KID}"`)],
    ['a header that is a list', signed(alg, pair, `[{"alg":"${alg}","kid":"${KID}"}]`)],
    ['a header that is null', signed(alg, pair, 'null')],
    ['a header with bytes that are no UTF-8', signed(alg, pair, Buffer.from(`{"alg":"${alg}","a":"\xff"}`, 'latin1'))],
    ['a header with a comma at its end', signed(alg, pair, `{"alg":"${alg}","kid":"${KID}",}`)],
    ['a header between others', signed(alg, pair, `{"alg":"${alg}","kid":"${KID}"}{}`)],
  ];
}

/** What stands where the signature should. */
function signatures(alg: Algorithm, pair: KeyPair): readonly Case[] {
  const input = `${encode({ alg, kid: KID })}.${encode(PAYLOAD)}`;
  const bytes = signatureOf(alg, pair, input);
  const as = (signature: Buffer): string => `${input}.${encode(signature)}`;
  const flipped = (index: number): string => {
    const copy = Buffer.from(bytes);
    copy[index] = (copy[index] ?? 0) ^ 1;
    return as(copy);
  };
  return [
    ['the first bit turned', flipped(0)],
    ['a bit in the middle turned', flipped(bytes.length / 2)],
    ['the last bit turned', flipped(bytes.length - 1)],
    ['a byte less', as(bytes.subarray(0, -1))],
    ['a byte more', as(Buffer.concat([bytes, Buffer.alloc(1)]))],
    ['a zero before', as(Buffer.concat([Buffer.alloc(1), bytes]))],
    ['its first byte missing', as(bytes.subarray(1))],
    ['zeros', as(Buffer.alloc(bytes.length))],
    ['a lone zero', as(Buffer.alloc(1))],
    ['bits all set', as(Buffer.alloc(bytes.length, 0xff))],
    ['the hash itself', as(createHash('sha256').update(input).digest())],
    ['of another key', as(signatureOf(alg, pairFor(alg), input))],
    ['of another text', as(signatureOf(alg, pair, `${input}.`))],
    ['over SHA-1', as(signatureOf(alg, pair, input, { hash: 'sha1', saltLength: 20 }))],
    ['over SHA-384', as(signatureOf(alg, pair, input, { hash: 'sha384', saltLength: 48 }))],
    ['over SHA-512', as(signatureOf(alg, pair, input, { hash: 'sha512', saltLength: 64 }))],
  ];
}

const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const SHA1_INFO = Buffer.from('3021300906052b0e03021a05000414', 'hex');

/** RFC 8017 §9.2: one block is right, and nothing that only looks like it. */
function pkcs1Blocks(pair: KeyPair): readonly Case[] {
  const size = 256;
  const input = `${encode({ alg: 'RS256', kid: KID })}.${encode(PAYLOAD)}`;
  const hash = createHash('sha256').update(input).digest();
  const block = (comment: string, bytes: Buffer, result?: Vector['result']): Case => {
    const key = { key: pair.privateKey, padding: constants.RSA_NO_PADDING };
    return [comment, `${input}.${encode(privateEncrypt(key, bytes))}`, result];
  };
  /** `00 type FF… 00 content`, as long as the modulus. */
  const padded = (content: Buffer, { type = 1, fill = 0xff, end = 0 } = {}): Buffer => {
    const filling = Buffer.alloc(size - 3 - content.length, fill);
    return Buffer.concat([Buffer.from([0, type]), filling, Buffer.from([end]), content]);
  };
  /** A short filling, and what is left over behind the content: Bleichenbacher's forgery of 2006. */
  const unfilled = (content: Buffer, filling: number): Buffer => {
    const start = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(filling, 0xff), Buffer.from([0]), content]);
    return Buffer.concat([start, Buffer.alloc(size - start.length)]);
  };
  const info = Buffer.concat([SHA256_INFO, hash]);
  const withoutNull = Buffer.concat([
    Buffer.from('302f300b0609608648016503040201', 'hex'),
    Buffer.from('0420', 'hex'),
    hash,
  ]);
  const longLength = Buffer.concat([Buffer.from('308131300d060960864801650304020105000420', 'hex'), hash]);
  const indefinite = Buffer.concat([
    Buffer.from('3080300d060960864801650304020105000420', 'hex'),
    hash,
    Buffer.alloc(2),
  ]);
  const extraParameter = Buffer.concat([
    Buffer.from('3033300f060960864801650304020105000500', 'hex'),
    Buffer.from('0420', 'hex'),
    hash,
  ]);
  const sha1 = Buffer.concat([SHA1_INFO, createHash('sha1').update(input).digest()]);
  return [
    block('the block that is right', padded(info), 'valid'),
    block('what is left over behind the hash, eight bytes of filling', unfilled(info, 8)),
    block('what is left over behind the hash, no filling', unfilled(info, 0)),
    block('what is left over inside the algorithm', padded(extraParameter)),
    block('no NULL for parameters', padded(withoutNull)),
    block('a length in its long form', padded(longLength)),
    block('a length without end', padded(indefinite)),
    block('the hash without its name', padded(hash)),
    block('a hash of zeros', padded(Buffer.concat([SHA256_INFO, Buffer.alloc(32)]))),
    block('a hash cut short', padded(Buffer.concat([SHA256_INFO, hash.subarray(0, 31)]))),
    block('a hash with a byte more', padded(Buffer.concat([SHA256_INFO, hash, Buffer.alloc(1)]))),
    block('SHA-1', padded(sha1)),
    block('the name of SHA-1 before SHA-256', padded(Buffer.concat([SHA1_INFO, hash]))),
    block('type 0', padded(info, { type: 0, fill: 0 })),
    block('type 2', padded(info, { type: 2, fill: 0x55 })),
    block('a filling of zeros', padded(info, { fill: 0 })),
    block('a filling with other bytes', padded(info, { fill: 0xfe })),
    block('no zero behind the filling', padded(info, { end: 0xff })),
    block('nothing but filling', Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(size - 2, 0xff)])),
    ...rsaNumbers(pair, input),
  ];
}

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);
const toBytes = (number: bigint, size: number): Buffer =>
  Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex');

/** RFC 8017 §5.2.2: a signature is a number below the modulus, written with as many bytes. */
function rsaNumbers(pair: KeyPair, input: string): readonly Case[] {
  const modulus = toNumber(Buffer.from(String(publicJwk(pair).n), 'base64url'));
  const good = toNumber(signatureOf('RS256', pair, input));
  const as = (number: bigint, size = 256): string => `${input}.${encode(toBytes(number, size))}`;
  return [
    ['the number 1', as(1n)],
    ['the modulus', as(modulus)],
    ['the modulus less 1', as(modulus - 1n)],
    ['the modulus less the signature', as(modulus - good)],
    ['the signature plus the modulus', as(good + modulus, good + modulus < 1n << 2048n ? 256 : 257)],
  ];
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P256_PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

/** RFC 7518 §3.4: two numbers between 1 and the order less 1, 32 bytes each. */
function ecdsaNumbers(pair: KeyPair): readonly Case[] {
  const input = `${encode({ alg: 'ES256', kid: KID })}.${encode(PAYLOAD)}`;
  const bytes = signatureOf('ES256', pair, input);
  const [r, s] = [toNumber(bytes.subarray(0, 32)), toNumber(bytes.subarray(32))];
  const as = (first: bigint, second: bigint, size = 32): string =>
    `${input}.${encode(Buffer.concat([toBytes(first, size), toBytes(second, size)]))}`;
  const der = signatureOf('ES256', pair, input, { dsaEncoding: 'der' });
  const special = {
    0: 0n,
    1: 1n,
    'the order': P256_ORDER,
    'the order less 1': P256_ORDER - 1n,
    'the prime': P256_PRIME,
  };
  const pairs = Object.entries(special).flatMap(([first, one]) =>
    Object.entries(special).map(([second, two]): Case => [`r is ${first}, s is ${second}`, as(one, two)]),
  );
  return [
    ...pairs,
    // Whoever has one signature can write the other: ECDSA has two for each text, and RFC 7518 refuses neither.
    ['s less the order', as(r, P256_ORDER - s), 'valid'],
    ['r alone less the order', as(P256_ORDER - r, s)],
    ['r and s the other way round', as(s, r)],
    ['r is 0', as(0n, s)],
    ['s is 0', as(r, 0n)],
    ['s is the order', as(r, P256_ORDER)],
    ['each number in 33 bytes', as(r, s, 33)],
    ['each number in 48 bytes', as(r, s, 48)],
    ['as DER', `${input}.${encode(der)}`],
    [
      'as DER, filled up to 64 bytes or cut',
      `${input}.${encode(Buffer.concat([der, Buffer.alloc(64)]).subarray(0, 64))}`,
    ],
  ];
}

/** RFC 7518 §3.5: the salt is as long as the hash. */
function pssSalts(pair: KeyPair): readonly Case[] {
  const salted = (saltLength: number, result?: Vector['result']): Case => [
    `a salt of ${saltLength} bytes`,
    signed('PS256', pair, { alg: 'PS256', kid: KID }, { saltLength }),
    result,
  ];
  return [salted(32, 'valid'), ...[0, 1, 20, 31, 33, 48, 64, 222].map((length) => salted(length))];
}

/** What a key set may say of a key. RFC 7517 §4, RFC 8725 §3.4 and §3.5. Each with a proper signature. */
function keys(alg: Algorithm, pair: KeyPair): readonly CaseGroup[] {
  const jws = signed(alg, pair, { alg, kid: KID });
  const jwk = published(alg, pair);
  const without = (...names: readonly string[]): Fields =>
    Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));
  const group = (comment: string, key: Fields | undefined, result?: Vector['result']): CaseGroup => ({
    ...(key === undefined ? {} : { public: key }),
    cases: [[comment, jws, result]],
  });
  const others = ALGORITHMS.filter((name) => name !== alg);
  return [
    group('a key without a use', without('use'), 'valid'),
    group('a key without an algorithm', without('alg'), 'valid'),
    group('a key that verifies', { ...without('use'), key_ops: ['verify'] }, 'valid'),
    group('no key', undefined),
    group('a key without an id', without('kid')),
    group('a key with another id', { ...jwk, kid: `${KID} ` }),
    group('a key for encryption', { ...jwk, use: 'enc' }),
    group('a key with a use that nobody knows', { ...jwk, use: 'SIG' }),
    group('a key that signs', { ...jwk, key_ops: ['sign'] }),
    group('a key that encrypts', { ...jwk, key_ops: ['encrypt'] }),
    group('a key that does nothing', { ...jwk, key_ops: [] }),
    group('operations that are no list', { ...jwk, key_ops: 'verify' }),
    ...others.map((name) => group(`a key for ${name}`, { ...jwk, alg: name })),
    group('a key for RSA-OAEP', { ...jwk, alg: 'RSA-OAEP' }),
    group('a key without a type', without('kty')),
    group('a type in small letters', { ...jwk, kty: String(jwk.kty).toLowerCase() }),
    group('a key that is a secret', { kty: 'oct', k: String(jwk.n ?? jwk.x), kid: KID, alg }),
    group('a key of somebody else', published(alg, pairFor(alg))),
  ];
}

function rsaKeys(alg: 'RS256' | 'PS256', pair: KeyPair): readonly CaseGroup[] {
  const jws = signed(alg, pair, { alg, kid: KID });
  const jwk = published(alg, pair);
  const exponent = (bytes: readonly number[]): Fields => ({ ...jwk, e: encode(Buffer.from(bytes)) });
  const group = (comment: string, key: Fields, text = jws): CaseGroup => ({
    public: key,
    cases: [[comment, text]],
  });
  const weak = rsaPair(1024);
  const short = rsaPair(2040);
  return [
    group('a modulus of 1,024 bits', published(alg, weak), signed(alg, weak, { alg, kid: KID })),
    group('a modulus of 2,040 bits', published(alg, short), signed(alg, short, { alg, kid: KID })),
    group('the exponent 1', exponent([1])),
    // What verifies with the exponent 1 is the block itself.
    group('the exponent 1, and the block as a signature', exponent([1]), blockAsSignature(alg)),
    group('the exponent 0', exponent([0])),
    group('an even exponent', exponent([1, 0, 0])),
    group('the exponent 3 of a key that has another', exponent([3])),
    group('no exponent', { ...jwk, e: undefined }),
    group('no modulus', { ...jwk, n: undefined }),
    group('an empty modulus', { ...jwk, n: '' }),
    group('a modulus that is a number', { ...jwk, n: 65_537 }),
  ];
}

function blockAsSignature(alg: 'RS256' | 'PS256'): string {
  const input = `${encode({ alg, kid: KID })}.${encode(PAYLOAD)}`;
  const content = Buffer.concat([SHA256_INFO, createHash('sha256').update(input).digest()]);
  const filling = Buffer.alloc(253 - content.length, 0xff);
  return `${input}.${encode(Buffer.concat([Buffer.from([0, 1]), filling, Buffer.alloc(1), content]))}`;
}

function ecKeys(pair: KeyPair): readonly CaseGroup[] {
  const header = { alg: 'ES256', kid: KID };
  const jws = signed('ES256', pair, header);
  const jwk = published('ES256', pair);
  const group = (comment: string, key: Fields, text = jws): CaseGroup => ({
    public: key,
    cases: [[comment, text]],
  });
  const y = toNumber(Buffer.from(String(jwk.y), 'base64url'));
  const zero = encode(Buffer.alloc(32));
  const onCurve = (curve: string): CaseGroup => {
    const other = ecPair(curve);
    return group(`a key on ${curve}`, { ...published('ES256', other), alg: 'ES256' }, signed('ES256', other, header));
  };
  return [
    onCurve('P-384'),
    onCurve('P-521'),
    onCurve('secp256k1'),
    group('a key that says another curve', { ...jwk, crv: 'P-384' }),
    group('a key without a curve', { ...jwk, crv: undefined }),
    group('a point that is not on the curve', { ...jwk, y: encode(toBytes(y ^ 1n, 32)) }),
    group('the point with its other y', { ...jwk, y: encode(toBytes(P256_PRIME - y, 32)) }),
    group('the point zero', { ...jwk, x: zero, y: zero }),
    group('x and y the other way round', { ...jwk, x: jwk.y, y: jwk.x }),
    group('no y', { ...jwk, y: undefined }),
    group('an x that is short', { ...jwk, x: String(jwk.x).slice(0, -2) }),
  ];
}

/** Every vector of every kind, numbered from 1. */
export function ownVectors(): VectorFile {
  const groups: CaseGroup[] = [];
  for (const alg of ALGORITHMS) {
    const pair = pairFor(alg);
    const special = { RS256: pkcs1Blocks, PS256: pssSalts, ES256: ecdsaNumbers }[alg];
    const cases = [...spellings(alg, pair), ...headers(alg, pair), ...signatures(alg, pair), ...special(pair)];
    groups.push({
      public: published(alg, pair),
      cases: cases.map(([comment, ...rest]) => [`${alg}: ${comment}`, ...rest]),
    });
    for (const group of [...keys(alg, pair), ...(alg === 'ES256' ? ecKeys(pair) : rsaKeys(alg, pair))]) {
      groups.push({ ...group, cases: group.cases.map(([comment, ...rest]) => [`${alg}: ${comment}`, ...rest]) });
    }
  }
  let tcId = 0;
  return {
    testGroups: groups.map(({ cases, ...group }) => ({
      ...group,
      tests: cases.map(([comment, jws, result = 'invalid']) => ({ tcId: ++tcId, comment, jws, result })),
    })),
  };
}
