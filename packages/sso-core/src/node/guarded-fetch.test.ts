import { EventEmitter, once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { caught } from '../../test/caught.js';
import { createCertificateAuthority } from '../../test/certificates.js';
import { createLocalInternet, type LocalInternet } from '../../test/local-internet.js';
import { IDP_REQUEST_TIMEOUT_MS, TOKEN_REQUEST_TIMEOUT_MS } from '../limits.js';
import type { SsoFetch } from '../ports.js';
import { createGuardedFetch, type GuardedFetchOptions } from './guarded-fetch.js';

const PUBLIC = '93.184.216.34';
const HOST = 'acme.okta.example';
const authority = createCertificateAuthority();

let internet: LocalInternet;
beforeAll(() => {
  internet = createLocalInternet();
});
afterAll(() => internet.close());

const open: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
afterEach(async () => {
  internet.connections.length = 0;
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

/** Listens on a free port and counts connections. */
async function listen(server: Server) {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  open.push({ server, sockets });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    sockets,
    get connections() {
      return connections;
    },
    url: `http://org.okta.localhost:${port}/path`,
  };
}

const listenHttp = (handler: RequestListener) => listen(http.createServer({ keepAliveTimeout: 60_000 }, handler));
/** A server that speaks no protocol but what the test writes. */
const listenRaw = (answer: (socket: Socket, request: string) => void) =>
  listen(net.createServer((socket) => socket.on('data', (data) => answer(socket, data.toString()))));

async function listenHttps(handler: RequestListener, certificate = authority.issue(HOST), address = PUBLIC) {
  const server = await listen(https.createServer(certificate, handler));
  internet.route(address, server.port);
  return server;
}

const resolveTo =
  (...addresses: readonly string[]): NonNullable<GuardedFetchOptions['resolve']> =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

// Long enough for a machine that does something else as well; a test about a limit sets its own.
const GENEROUS: GuardedFetchOptions = { connectTimeoutMs: 10_000, firstByteTimeoutMs: 20_000, timeoutMs: 20_000 };
const local = (options: GuardedFetchOptions = {}): SsoFetch =>
  createGuardedFetch({ allowLocalhost: true, ...GENEROUS, ...options });
const secure = (options: GuardedFetchOptions = {}): SsoFetch =>
  createGuardedFetch({
    resolve: resolveTo(PUBLIC),
    certificateAuthorities: authority.cert,
    ...GENEROUS,
    ...options,
  });

const URL_OF_HOST = `https://${HOST}/path?query=1`;

describe('the guarded fetch over TLS', () => {
  test('F12 gets an answer from the host, by its name', async () => {
    const seen: unknown[] = [];
    const server = await listenHttps((request, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers });
      response.setHeader('content-type', 'application/json').setHeader('set-cookie', 'a=b').end('{"ok":true}');
    });
    const response = await secure()(URL_OF_HOST, { headers: { accept: 'application/json', 'user-agent': 'x/1.0' } });
    expect(response.status).toBe(200);
    expect([...response.headers]).toEqual([
      ['content-type', 'application/json'],
      ['date', expect.any(String)],
    ]);
    expect(await response.json()).toEqual({ ok: true });
    expect(seen).toEqual([
      {
        method: 'GET',
        url: '/path?query=1',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'ipscape-sso',
          host: HOST,
          connection: 'keep-alive',
        },
      },
    ]);
    expect(server.connections).toBe(1);
  });

  test('posts a body with its length', async () => {
    const bodies: string[] = [];
    await listenHttps(async (request, response) => {
      bodies.push(Buffer.concat(await request.toArray()).toString());
      expect(request.headers['content-length']).toBe('7');
      response.end();
    });
    await secure()(URL_OF_HOST, { method: 'POST', body: 'code=\u00fc' });
    expect(bodies).toEqual(['code=\u00fc']);
  });

  test.each<[string, () => { readonly cert: string; readonly key: string }]>([
    ['of another authority', () => createCertificateAuthority('Stranger').issue(HOST)],
    ['of another authority with the same name', () => createCertificateAuthority().issue(HOST)],
    ['for another host', () => authority.issue('globex.okta.example')],
    ['for a host that ends alike', () => authority.issue(`x${HOST}`)],
    ['for a sub-domain', () => authority.issue(`x.${HOST}`)],
    ['that is expired', () => authority.issue(HOST, { expired: true })],
    ['that it signed itself', () => authority.issue(HOST, { selfSigned: true })],
  ])('P36 refuses a certificate %s, and sends it nothing', async (_name, certificate) => {
    const requests: string[] = [];
    await listenHttps((request) => requests.push(request.url ?? ''), certificate());
    expect(await caught(() => secure()(URL_OF_HOST, { method: 'POST', body: 'secret' }))).toMatchObject({
      code: 'idp-unreachable',
    });
    expect(requests).toEqual([]);
  });

  test('refuses our own authority when it was not given', async () => {
    await listenHttps((_request, response) => response.end());
    const publicOnly = createGuardedFetch({ resolve: resolveTo(PUBLIC), timeoutMs: 2_000 });
    expect(await caught(() => publicOnly(URL_OF_HOST))).toMatchObject({ code: 'idp-unreachable' });
  });

  test('P36, F6 is moved by no environment variable', async () => {
    const requests: string[] = [];
    const proxy = await listenHttp((request, response) => {
      requests.push(request.url ?? '');
      response.end();
    });
    await listenHttps(() => requests.push('reached'), createCertificateAuthority('Stranger').issue(HOST));
    const names = ['NODE_TLS_REJECT_UNAUTHORIZED', 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    const warnings = process.listeners('warning');
    process.removeAllListeners('warning').on('warning', () => {});
    try {
      for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
      Object.assign(process.env, { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_USE_ENV_PROXY: '1' });
      expect(await caught(() => secure()(URL_OF_HOST))).toMatchObject({ code: 'idp-unreachable' });
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      process.removeAllListeners('warning');
      for (const listener of warnings) process.on('warning', listener);
    }
    expect(requests).toEqual([]);
    expect(proxy.connections).toBe(0);
  });

  test('speaks no TLS older than 1.2', async () => {
    const server = https.createServer({ ...authority.issue(HOST), minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    internet.route(PUBLIC, (await listen(server)).port);
    expect(await caught(() => secure()(URL_OF_HOST))).toMatchObject({ code: 'idp-unreachable' });
  });

  test('F8 gives up a handshake that stalls after the time for connecting', async () => {
    const server = await listen(net.createServer(() => {}));
    internet.route(PUBLIC, server.port);
    const start = performance.now();
    const error = await caught(() => secure({ connectTimeoutMs: 100, timeoutMs: 10_000 })(URL_OF_HOST));
    expect(error.code).toBe('idp-timeout');
    expect(performance.now() - start).toBeLessThan(600);
    expect(server.connections).toBe(1);
  });

  test('does not count the handshake’s time limit against the answer', async () => {
    await listenHttps((_request, response) => setTimeout(() => response.end('slow'), 300));
    const response = await secure({ connectTimeoutMs: 200 })(URL_OF_HOST);
    expect(await response.text()).toBe('slow');
  });
});

describe('F3 the guarded fetch resolves', () => {
  const PRIVATE = [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '192.168.1.1',
    '::1',
    'fd00:ec2::254',
    '::ffff:127.0.0.1',
    '0.0.0.0',
  ];

  test.each([
    ...PRIVATE.map((address) => [address]),
    ...PRIVATE.map((address) => [PUBLIC, address]),
    ...PRIVATE.map((address) => [address, PUBLIC]),
    ['2606:4700:4700::1111', '::1'],
  ])('to %s %s, and connects to none', async (...addresses) => {
    const server = await listenHttps((_request, response) => response.end());
    for (const address of PRIVATE) internet.route(address, server.port);
    const error = await caught(() => secure({ resolve: resolveTo(...addresses.filter(Boolean)) })(URL_OF_HOST));
    expect(error).toMatchObject({ code: 'idp-address-forbidden', details: { reason: 'not-public' } });
    expect([server.connections, internet.connections]).toEqual([0, []]);
  });

  test('once for each connection, and connects to that very address', async () => {
    const server = await listenHttps((_request, response) => response.end());
    internet.route('127.0.0.1', server.port);
    const answers = [[PUBLIC], ['127.0.0.1']];
    const asked: string[] = [];
    const rebinding = secure({
      resolve: async (hostname) => {
        asked.push(hostname);
        return (answers[asked.length - 1] ?? []).map((address) => ({ address, family: 4 }));
      },
    });
    expect((await rebinding(URL_OF_HOST)).status).toBe(200);
    expect(asked).toEqual([HOST]);
    expect(internet.connections).toEqual([PUBLIC]);
    for (const socket of server.sockets) socket.destroy();
    const second = await caught(() => rebinding(URL_OF_HOST, { method: 'POST', body: 'secret' }));
    // Either the dead connection was noticed, or the name was asked again; never the private address.
    expect(['idp-address-forbidden', 'idp-unreachable']).toContain(second.code);
    expect(await caught(() => rebinding(URL_OF_HOST))).toMatchObject({ code: 'idp-address-forbidden' });
    expect(internet.connections).toEqual([PUBLIC]);
    expect(server.connections).toBe(1);
  });

  test('a name to nothing, and says that it is not reachable there', async () => {
    expect(await caught(() => secure({ resolve: async () => [] })(URL_OF_HOST))).toMatchObject({
      code: 'idp-address-forbidden',
    });
  });

  test.each<[string, () => Promise<never>]>([
    [
      'an unknown name',
      async () => {
        throw Object.assign(new Error('x'), { code: 'ENOTFOUND' });
      },
    ],
    [
      'something that is no error',
      async () => {
        throw 'x';
      },
    ],
  ])('%s to no address, which is unreachable', async (_name, resolve) => {
    expect(await caught(() => secure({ resolve })(URL_OF_HOST))).toMatchObject({ code: 'idp-unreachable' });
  });

  test('no longer than the time for connecting', async () => {
    const start = performance.now();
    const error = await caught(() =>
      secure({ resolve: () => new Promise(() => {}), connectTimeoutMs: 100, timeoutMs: 10_000 })(URL_OF_HOST),
    );
    expect(error.code).toBe('idp-timeout');
    expect(performance.now() - start).toBeLessThan(600);
  });

  test('localhost with nobody, and refuses it', async () => {
    const system = createGuardedFetch();
    expect(await caught(() => system('https://localhost/'))).toMatchObject({
      code: 'idp-address-forbidden',
      details: { reason: 'not-public' },
    });
  });
});

describe('F1, F3, F6 the guarded fetch refuses without a look-up', () => {
  const cases: readonly [string, string][] = [
    ['http://acme.okta.example/', 'not-https'],
    ['http://acme.okta.example:443/', 'not-https'],
    ['ftp://acme.okta.example/', 'not-https'],
    ['file:///etc/passwd', 'not-https'],
    ['data:text/plain,x', 'not-https'],
    ['blob:https://acme.okta.example/x', 'not-https'],
    ['javascript:alert(1)', 'not-https'],
    ['gopher://acme.okta.example/', 'not-https'],
    ['http://localhost:3000/', 'not-https'],
    ['https://acme.okta.example:22/', 'port'],
    ['https://acme.okta.example:80/', 'port'],
    ['https://acme.okta.example:8443/', 'port'],
    ['https://acme.okta.example:65535/', 'port'],
    ['https://user@acme.okta.example/', 'user-information'],
    ['https://user:password@acme.okta.example/', 'user-information'],
    ['https://:password@acme.okta.example/', 'user-information'],
    ['https://acme.okta.example%40evil.example/', 'malformed'],
    ['https://acme.okta.example@127.0.0.1/', 'user-information'],
    ['https://127.0.0.1/', 'ip-address'],
    ['https://127.1/', 'ip-address'],
    ['https://0x7f.1/', 'ip-address'],
    ['https://0177.0.0.1/', 'ip-address'],
    ['https://2130706433/', 'ip-address'],
    ['https://0x7f000001/', 'ip-address'],
    ['https://127.0.0.1./', 'ip-address'],
    ['https://0/', 'ip-address'],
    ['https://127\u30020\u30020\u30021/', 'ip-address'],
    ['https://\u2460\u2461\u2466.0.0.1/', 'ip-address'],
    ['https://169.254.169.254/latest/meta-data/', 'ip-address'],
    ['https://93.184.216.34/', 'ip-address'],
    ['https://[::1]/', 'ip-address'],
    ['https://[::]/', 'ip-address'],
    ['https://[::ffff:127.0.0.1]/', 'ip-address'],
    ['https://[::ffff:7f00:1]/', 'ip-address'],
    ['https://[fd00:ec2::254]/', 'ip-address'],
    ['https://[2606:4700:4700::1111]/', 'ip-address'],
    ['https://acme.okta.localhost/', 'not-public'],
    ['http://acme.okta.localhost:3000/', 'not-public'],
    ['', 'malformed'],
    ['acme.okta.example', 'malformed'],
    ['/path', 'malformed'],
    ['//acme.okta.example/', 'malformed'],
    ['https://', 'malformed'],
    ['https://[::1/', 'malformed'],
    ['https://a b/', 'malformed'],
  ];

  test.each(cases)('%j', async (address, reason) => {
    const asked: string[] = [];
    const resolve = async (hostname: string) => {
      asked.push(hostname);
      return [{ address: PUBLIC, family: 4 }];
    };
    expect(await caught(() => secure({ resolve })(address))).toMatchObject({
      code: 'idp-address-forbidden',
      details: { reason },
    });
    expect([asked, internet.connections]).toEqual([[], []]);
  });

  test.each<[string, string]>([
    ['https://acme.okta.localhost:3000/', 'not-public'],
    ['https://acme.okta.localhost/', 'not-public'],
    ['http://localhost:3000/', 'not-https'],
    ['http://acme.localhost.example:3000/', 'not-https'],
    ['http://acmelocalhost:3000/', 'not-https'],
    ['http://acme.okta.localhost.:3000/', 'not-https'],
    ['http://user@acme.okta.localhost:3000/', 'user-information'],
    ['http://127.0.0.1:3000/', 'ip-address'],
    ['http://[::1]:3000/', 'ip-address'],
    ['http://acme.okta.example/', 'not-https'],
  ])('even in development %j', async (address, reason) => {
    expect(await caught(() => local()(address))).toMatchObject({ code: 'idp-address-forbidden', details: { reason } });
  });
});

describe('the guarded fetch takes an answer as it is:', () => {
  test.each([301, 302, 303, 307, 308])('F5 a redirect %d is returned, not followed', async (status) => {
    const target = await listenHttp((_request, response) => response.end());
    const server = await listenHttp((_request, response) => response.writeHead(status, { location: target.url }).end());
    const response = await local()(server.url, { method: 'POST', body: 'client_secret=x' });
    expect(response.status).toBe(status);
    expect(response.headers.get('location')).toBeNull();
    expect([server.connections, target.connections]).toEqual([1, 0]);
  });

  test.each([200, 201, 204, 205, 304, 400, 401, 429, 500, 503, 599])('status %d', async (status) => {
    const server = await listenHttp((_request, response) => response.writeHead(status).end());
    expect((await local()(server.url)).status).toBe(status);
  });

  test.each([
    ['HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n{}'],
  ])('F8, F9 and ends within the deadline for %j', async (answer) => {
    const server = await listenRaw((socket) => socket.write(answer));
    const start = performance.now();
    await local({ timeoutMs: 300 })(server.url).catch(() => {});
    expect(performance.now() - start).toBeLessThan(800);
  });

  test('switching protocols is refused at once', async () => {
    const server = await listenRaw((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    );
    expect(await caught(() => local({ timeoutMs: 10_000 })(server.url))).toMatchObject({
      code: 'idp-response-invalid',
      details: { reason: 'status' },
    });
  });

  test.each(['gzip', 'br', 'deflate', 'GZIP', 'gzip, gzip', 'zstd', 'x'])(
    'F10 encoded as %s is refused',
    async (encoding) => {
      const server = await listenHttp((request, response) => {
        expect(request.headers['accept-encoding']).toBe('identity');
        response.writeHead(200, { 'content-encoding': encoding }).end(gzipSync(Buffer.alloc(1_000_000)));
      });
      expect(await caught(() => local()(server.url))).toMatchObject({
        code: 'idp-response-invalid',
        details: { reason: 'content-encoding' },
      });
    },
  );

  test('encoded as identity is read', async () => {
    const server = await listenHttp((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'Identity' }).end('plain'),
    );
    expect(await (await local()(server.url)).text()).toBe('plain');
  });
});

describe('F9 the guarded fetch reads no more than maxBytes:', () => {
  test.each([
    [1000, true],
    [1001, false],
  ])('of 1000, a body of %d is accepted: %s', async (bytes, accepted) => {
    for (const chunked of [false, true]) {
      const server = await listenHttp((_request, response) => {
        if (chunked) response.write('x');
        response.end('x'.repeat(bytes - (chunked ? 1 : 0)));
      });
      const result = local({ maxBytes: 1000 })(server.url);
      if (accepted) expect(await (await result).text()).toHaveLength(bytes);
      else
        expect(await caught(() => result)).toMatchObject({
          code: 'idp-response-invalid',
          details: { reason: 'too-large' },
        });
    }
  });

  test('an endless body is cut, with bounded memory, and its connection closed', async () => {
    const closed = new EventEmitter();
    let written = 0;
    const server = await listenHttp((_request, response) => {
      response.on('close', () => closed.emit('closed'));
      const chunk = Buffer.alloc(65_536);
      const write = (): void => {
        while (!response.destroyed && written < 1e9) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', write);
      write();
    });
    const ended = once(closed, 'closed');
    const before = process.memoryUsage().rss;
    expect(await caught(() => local()(server.url))).toMatchObject({ details: { reason: 'too-large' } });
    await ended;
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024);
    expect(written).toBeLessThan(20 * 1024 * 1024);
  });

  test('a length that is announced is not even waited for', async () => {
    const server = await listenRaw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n'));
    const start = performance.now();
    expect(await caught(() => local()(server.url))).toMatchObject({ details: { reason: 'too-large' } });
    expect(performance.now() - start).toBeLessThan(500);
  });

  test.each<[string, string]>([
    ['shorter than announced', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":1}'],
    ['that breaks off between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 7\r\n\r\n{"a":1}'],
    [
      'with a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n',
    ],
    ['with a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}'],
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['with a line that is none', 'HTTP/1.1 200 OK\r\nX\r\n\r\n'],
    ['with a bare line feed smuggled into a header', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['of nothing', ''],
  ])('an answer %s is refused', async (_name, answer) => {
    const server = await listenRaw((socket) => socket.end(answer));
    expect(await caught(() => local()(server.url))).toMatchObject({ code: 'idp-unreachable' });
  });

  test('a body that is longer than announced is cut at its length, and the rest answers nothing', async () => {
    const server = await listenRaw((socket, request) => {
      if (request.includes('/first'))
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nevil!');
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
    });
    const fetch = local();
    const first = await fetch(`${server.url}/first`).then(
      (response) => response.text(),
      () => 'refused',
    );
    expect(['{}', 'refused']).toContain(first);
    expect(await (await fetch(`${server.url}/second`)).text()).toBe('good');
  });

  test('a header block of 16 KB is refused, and an endless one as well', async () => {
    const long = await listenRaw((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(17 * 1024)}\r\nContent-Length: 0\r\n\r\n`),
    );
    expect(await caught(() => local()(long.url))).toMatchObject({ code: 'idp-unreachable' });
    const endless = await listenRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const write = (): void => {
        while (!socket.destroyed && socket.write(`X-${'x'.repeat(100)}: y\r\n`));
      };
      socket.on('drain', write);
      write();
    });
    expect(await caught(() => local()(endless.url))).toMatchObject({ code: 'idp-unreachable' });
  });
});

describe('F8 the guarded fetch ends by its deadline', () => {
  const drip = (socket: Socket, head: string, piece: string): void => {
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), 20);
    socket.on('close', () => clearInterval(timer));
  };

  test.each<[string, (socket: Socket) => void]>([
    ['when nothing is ever answered', () => {}],
    ['when the body drips', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x')],
    [
      'when chunks drip',
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'),
    ],
    ['when the header drips', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX: ', 'x')],
    ['when the status line drips', (socket) => drip(socket, 'HTTP/1.1 2', '0')],
    ['when it is told to go on, and on', (socket) => drip(socket, '', 'HTTP/1.1 100 Continue\r\n\r\n')],
    ['when early hints do not end', (socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n')],
    ['when the body stops half-way', (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx')],
  ])('%s', async (_name, answer) => {
    const server = await listenRaw((socket) => answer(socket));
    const start = performance.now();
    const error = await caught(() => local({ timeoutMs: 10_000 })(server.url, { timeoutMs: 200 }));
    const elapsed = performance.now() - start;
    // The status line that drips is no status line any more, which may be noticed before the time is up.
    expect(['idp-timeout', ...(_name.includes('status line') ? ['idp-unreachable'] : [])]).toContain(error.code);
    expect(elapsed).toBeLessThan(700);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['nothing', () => {}],
    ['a header that drips', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX: ', 'x')],
    ['going on, and on', (socket) => drip(socket, '', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ])('and its answer begins by an earlier one, or it ends there: %s', async (_name, answer) => {
    const server = await listenRaw((socket) => answer(socket));
    const fetch = local({ firstByteTimeoutMs: 200, timeoutMs: 10_000 });
    const start = performance.now();
    expect((await caught(() => fetch(server.url))).code).toBe('idp-timeout');
    expect(performance.now() - start).toBeLessThan(700);
  });

  test('which a body that follows does not count against, nor a request that asks for more', async () => {
    const server = await listenHttp((request, response) => {
      const waitMs = request.url === '/late' ? 600 : 0;
      setTimeout(() => response.write('{'), waitMs);
      setTimeout(() => response.end('}'), waitMs + 400);
    });
    const fetch = local({ firstByteTimeoutMs: 300, timeoutMs: 5_000 });
    expect(await (await fetch(server.url)).text()).toBe('{}');
    const late = new URL('/late', server.url).href;
    expect((await caught(() => fetch(late))).code).toBe('idp-timeout');
    expect(await (await fetch(late, { timeoutMs: 10_000 })).text()).toBe('{}');
  });

  test('is two seconds for a connection, three for an answer to begin and five for all of it, unless told otherwise', async () => {
    const silent = await listenRaw(() => {});
    const dripping = await listenRaw((socket) =>
      drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x'),
    );
    const stalled = await listen(net.createServer(() => {}));
    internet.route(PUBLIC, stalled.port);
    const fetch = createGuardedFetch({ allowLocalhost: true, resolve: resolveTo(PUBLIC) });
    const start = performance.now();
    const within = async (url: string, seconds: number): Promise<void> => {
      expect((await caught(() => fetch(url))).code).toBe('idp-timeout');
      const elapsed = performance.now() - start;
      expect([url, elapsed >= seconds * 1000 - 20, elapsed < seconds * 1000 + 500]).toEqual([url, true, true]);
    };
    await Promise.all([within(URL_OF_HOST, 2), within(silent.url, 3), within(dripping.url, 5)]);
    expect([TOKEN_REQUEST_TIMEOUT_MS, IDP_REQUEST_TIMEOUT_MS]).toEqual([10_000, 5_000]);
  }, 20_000);

  test('and leaves no connection behind', async () => {
    const server = await listenRaw(() => {});
    const closed = new Promise((resolve) => {
      open.at(-1)?.server.on('connection', (socket: Socket) => socket.on('close', resolve));
    });
    await caught(() => local({ timeoutMs: 100 })(server.url));
    await closed;
    expect(server.sockets.size).toBe(0);
  });

  test('also while it waits for one of the connections to its host', async () => {
    const server = await listenRaw(() => {});
    const fetch = local({ timeoutMs: 200, connectTimeoutMs: 10_000 });
    const start = performance.now();
    const busy = Array.from({ length: 32 }, () => fetch(server.url, { timeoutMs: 1_500 }));
    const waiting = await caught(() => fetch(server.url));
    expect(waiting.code).toBe('idp-timeout');
    expect(performance.now() - start).toBeLessThan(1_400);
    expect(server.connections).toBe(32);
    await Promise.allSettled(busy);
  });

  test('after a connection is refused, at once', async () => {
    const server = await listenRaw(() => {});
    const address = server.url;
    for (const { server: listening } of open.splice(0)) {
      listening.close();
      await once(listening, 'close');
    }
    expect(await caught(() => local()(address))).toMatchObject({
      code: 'idp-unreachable',
      details: { reason: 'ECONNREFUSED' },
    });
  });
});

describe('the guarded fetch keeps connections', () => {
  test('and reuses one for requests that follow each other', async () => {
    const server = await listenHttp((_request, response) => response.end('x'));
    const fetch = local();
    for (let index = 0; index < 10; index++) await (await fetch(server.url)).text();
    expect(server.connections).toBe(1);
    const secureServer = await listenHttps((_request, response) => response.end('x'));
    const secureFetch = secure();
    for (let index = 0; index < 10; index++) await secureFetch(URL_OF_HOST, { method: 'POST', body: 'x' });
    expect(secureServer.connections).toBe(1);
  });

  test('but not with another fetch, nor for another host', async () => {
    const server = await listenHttp((_request, response) => response.end('x'));
    const fetch = local();
    await fetch(server.url);
    await fetch(server.url.replace('org.', 'other.'));
    await local()(server.url);
    expect(server.connections).toBe(3);
  });

  test('T13 and makes at most 32 to a host, however many requests there are', async () => {
    const server = await listenHttp((_request, response) => setImmediate(() => response.end('x')));
    const fetch = local();
    const responses = await Promise.all(Array.from({ length: 200 }, () => fetch(server.url)));
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(server.connections).toBe(32);
  });

  test('and mixes up no two of a hundred answers', async () => {
    const server = await listenHttp((request, response) =>
      setTimeout(() => response.end(request.url), Math.random() * 5),
    );
    const fetch = local();
    const paths = Array.from({ length: 100 }, (_, index) => `/path/${index}`);
    const origin = new URL(server.url).origin;
    const texts = await Promise.all(paths.map(async (path) => (await fetch(origin + path)).text()));
    expect(texts).toEqual(paths);
  });

  test.each(['http', 'https'])('and gives a request that waited for one over %s its whole time', async (scheme) => {
    const isSecure = scheme === 'https';
    // Handshakes take a busy machine a while.
    const connectTimeoutMs = isSecure ? 3_000 : 1_000;
    // The second half waits for a connection that stands, and then longer than what is left of the time for connecting.
    const answer: RequestListener = (_request, response) => setTimeout(() => response.end('x'), connectTimeoutMs * 0.6);
    const server = await (isSecure ? listenHttps(answer) : listenHttp(answer));
    const options = { connectTimeoutMs, timeoutMs: 20_000 };
    const fetch = isSecure ? secure(options) : local(options);
    const address = isSecure ? URL_OF_HOST : server.url;
    await Promise.all(Array.from({ length: 32 }, () => fetch(address)));
    const results = await Promise.allSettled(Array.from({ length: 64 }, () => fetch(address)));
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(server.connections).toBe(32);
  });
});

describe('an idle connection that the server closes at the moment of its reuse', () => {
  /** Answers the first request of each connection, and resets the connection at the next. */
  const listenOnce = async () => {
    const methods: string[] = [];
    const used = new WeakSet<Socket>();
    const server = await listenRaw((socket, request) => {
      methods.push(request.slice(0, request.indexOf(' ')));
      if (used.has(socket)) {
        socket.resetAndDestroy();
        return;
      }
      used.add(socket);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
    });
    return Object.assign(server, { methods });
  };

  test('costs a GET nothing: it is sent again on another', async () => {
    const server = await listenOnce();
    const fetch = local();
    await fetch(server.url);
    expect((await fetch(server.url)).status).toBe(200);
    expect(server.methods).toEqual(['GET', 'GET', 'GET']);
    expect(server.connections).toBe(2);
  });

  test('costs a GET nothing, even if all idle connections are dead', async () => {
    const server = await listenOnce();
    const fetch = local();
    await Promise.all(Array.from({ length: 10 }, () => fetch(server.url)));
    expect((await fetch(server.url)).status).toBe(200);
    expect(server.connections).toBe(11);
  });

  test('P10 fails a POST, which is never sent again', async () => {
    const server = await listenOnce();
    const fetch = local();
    await fetch(server.url);
    expect(await caught(() => fetch(server.url, { method: 'POST', body: 'code=x' }))).toMatchObject({
      code: 'idp-unreachable',
      details: { reason: 'ECONNRESET' },
    });
    expect(server.methods).toEqual(['GET', 'POST']);
  });

  test('fails a GET when a new connection cannot be had, in the words of this package', async () => {
    const server = await listenOnce();
    const listening = open.at(-1)?.server;
    const fetch = local();
    await fetch(server.url);
    listening?.close();
    expect(await caught(() => fetch(server.url))).toMatchObject({
      code: 'idp-unreachable',
      details: { reason: 'ECONNREFUSED' },
    });
    open.length = 0;
  });

  test('does not give a GET more than its time', async () => {
    let requests = 0;
    const used = new WeakSet<Socket>();
    const server = await listenRaw((socket) => {
      requests += 1;
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
      else if (used.has(socket)) setTimeout(() => socket.resetAndDestroy(), 400);
      used.add(socket);
    });
    const fetch = local();
    await fetch(server.url);
    const start = performance.now();
    expect(await caught(() => fetch(server.url, { timeoutMs: 600 }))).toMatchObject({ code: 'idp-timeout' });
    expect(performance.now() - start).toBeLessThan(900);
    expect(requests).toBe(3);
  });

  test('is not confused with a fresh one that is reset, which is not tried again', async () => {
    const server = await listenRaw((socket) => socket.resetAndDestroy());
    expect(await caught(() => local()(server.url))).toMatchObject({ details: { reason: 'ECONNRESET' } });
    expect(server.connections).toBe(1);
  });
});
