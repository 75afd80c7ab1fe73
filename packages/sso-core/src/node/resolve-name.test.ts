import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { caught } from '../../test/caught.js';
import { createCertificateAuthority } from '../../test/certificates.js';
import { createLocalInternet, type LocalInternet } from '../../test/local-internet.js';
import { type NameServer, type NameServerOptions, startNameServer } from '../../test/name-server.js';
import { createGuardedFetch } from './guarded-fetch.js';
import { createNameResolver, NameTimeout } from './resolve-name.js';

const started: NameServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

async function serve(options: NameServerOptions): Promise<NameServer> {
  const server = await startNameServer(options);
  started.push(server);
  return server;
}

describe('a name is resolved', () => {
  test('to the addresses of both families', async () => {
    const { address } = await serve({
      names: { 'acme.okta.example': { a: ['93.184.216.34', '1.1.1.1'], aaaa: ['2606:4700:4700::1111'] } },
    });
    const resolve = createNameResolver({ nameServers: [address] });
    expect(await resolve('ACME.okta.example')).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ]);
  });

  test.each([
    ['IPv4', { a: ['1.1.1.1'] }, [{ address: '1.1.1.1', family: 4 }]],
    ['IPv6', { aaaa: ['2606:4700:4700::1111'] }, [{ address: '2606:4700:4700::1111', family: 6 }]],
  ])('when it has %s only', async (_family, answer, expected) => {
    const { address } = await serve({ names: { 'one.example': answer } });
    expect(await createNameResolver({ nameServers: [address] })('one.example')).toEqual(expected);
  });

  test('although questions for IPv6 are swallowed, without waiting for the deadline', async () => {
    const { address } = await serve({ names: { 'half.example': { a: ['1.1.1.1'] } }, silentForIpv6: ['half.example'] });
    const resolve = createNameResolver({ nameServers: [address], timeoutMs: 60_000 });
    expect(await resolve('half.example')).toEqual([{ address: '1.1.1.1', family: 4 }]);
  });

  test('once for any number of callers at a time, and again afterwards', async () => {
    const server = await serve({ names: { 'acme.example': { a: ['1.1.1.1'] } } });
    const resolve = createNameResolver({ nameServers: [server.address] });
    await Promise.all(Array.from({ length: 100 }, () => resolve('acme.example')));
    expect(server.questions.toSorted()).toEqual(['A acme.example', 'AAAA acme.example']);
    await resolve('acme.example');
    expect(server.questions).toHaveLength(4);
  });

  test.each(['unknown.example', 'empty.example'])('to an error when there is none: %s', async (name) => {
    const { address } = await serve({ names: { 'empty.example': {} } });
    await expect(createNameResolver({ nameServers: [address] })(name)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:ENOTFOUND|ENODATA)$/),
    });
  });

  test('F8 no longer than it may take, although the server never answers', async () => {
    const { address } = await serve({ names: { 'dead.example': 'silent' } });
    const before = performance.now();
    await expect(createNameResolver({ nameServers: [address], timeoutMs: 200 })('dead.example')).rejects.toThrow(
      NameTimeout,
    );
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test('T13 while the servers of many others never answer, without waiting for one of them', async () => {
    const dead = Array.from({ length: 60 }, (_, index) => `dead-${index}.example`);
    const { address } = await serve({
      names: {
        'acme.example': { a: ['1.1.1.1'] },
        ...Object.fromEntries(dead.map((name) => [name, 'silent' as const])),
      },
    });
    const resolve = createNameResolver({ nameServers: [address], timeoutMs: 5_000 });
    let unanswered = dead.length;
    const stalled = dead.map((name) =>
      resolve(name).catch(() => {
        unanswered -= 1;
      }),
    );
    // The burst may cost a datagram on a busy machine, as on any network: what counts is that nobody waits for the dead.
    await resolve('acme.example').catch(() => {});
    for (let turn = 0; turn < 20; turn++) {
      expect(await resolve('acme.example')).toEqual([{ address: '1.1.1.1', family: 4 }]);
    }
    expect(unanswered).toBe(dead.length);
    await Promise.all(stalled);
    expect(unanswered).toBe(0);
  }, 20_000);
});

describe('the guarded fetch with a name server', () => {
  const authority = createCertificateAuthority();
  const HOST = 'acme.okta.example';
  let internet: LocalInternet;
  const server = https.createServer(authority.issue(HOST), (_request, response) => response.end('ok'));
  beforeAll(async () => {
    internet = createLocalInternet();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    internet.route('93.184.216.34', (server.address() as AddressInfo).port);
  });
  afterEach(() => {
    internet.connections.length = 0;
  });
  afterAll(() => {
    internet.close();
    server.closeAllConnections();
    server.close();
  });

  const fetchWith = ({ address }: NameServer, connectTimeoutMs = 5_000) =>
    createGuardedFetch({
      nameServers: [address],
      certificateAuthorities: authority.cert,
      connectTimeoutMs,
      timeoutMs: 10_000,
    });

  test('F3 connects to the address that it answers', async () => {
    const fetch = fetchWith(await serve({ names: { [HOST]: { a: ['93.184.216.34'] } } }));
    expect(await (await fetch(`https://${HOST}/`)).text()).toBe('ok');
    expect(internet.connections).toEqual(['93.184.216.34']);
  });

  test.each([
    ['127.0.0.1', { a: ['127.0.0.1'] }],
    ['a private one beside a public one', { a: ['93.184.216.34', '10.0.0.1'] }],
    ['a private IPv6 beside a public IPv4', { a: ['93.184.216.34'], aaaa: ['fd00:ec2::254'] }],
    ['a mapped one', { aaaa: ['::ffff:7f00:1'] }],
    ['an alias of an internal host', { cname: 'metadata.internal.example', a: ['169.254.169.254'] }],
    [
      'an alias of an internal host beside a public one',
      { cname: 'db.internal.example', a: ['93.184.216.34', '10.0.0.1'] },
    ],
  ])('F3 refuses %s, and sends no packet', async (_name, answer) => {
    const fetch = fetchWith(await serve({ names: { [HOST]: answer } }));
    expect(await caught(() => fetch(`https://${HOST}/`))).toMatchObject({ code: 'idp-address-forbidden' });
    expect(internet.connections).toEqual([]);
  });

  test('F3 judges every answer of a name server that answers something else the second time', async () => {
    const dns = await serve({ names: { [HOST]: [{ a: ['93.184.216.34'] }, { a: ['127.0.0.1'] }] } });
    const fetch = fetchWith(dns);
    expect(await (await fetch(`https://${HOST}/`)).text()).toBe('ok');
    server.closeAllConnections();
    await expect.poll(async () => (await caught(() => fetch(`https://${HOST}/`))).code).toBe('idp-address-forbidden');
    expect(internet.connections).toEqual(['93.184.216.34']);
    expect(dns.questions.filter((question) => question === `A ${HOST}`).length).toBeGreaterThanOrEqual(2);
  });

  test('F3 connects to the address of an alias', async () => {
    const fetch = fetchWith(await serve({ names: { [HOST]: { cname: 'edge.okta.example', a: ['93.184.216.34'] } } }));
    expect(await (await fetch(`https://${HOST}/`)).text()).toBe('ok');
    expect(internet.connections).toEqual(['93.184.216.34']);
  });

  test('says that an unknown name is not reachable, and that a silent server took too long', async () => {
    const fetch = fetchWith(await serve({ names: { 'dead.example': 'silent' } }), 300);
    expect(await caught(() => fetch(`https://${HOST}/`))).toMatchObject({
      code: 'idp-unreachable',
      details: { reason: 'ENOTFOUND' },
    });
    expect(await caught(() => fetch('https://dead.example/'))).toMatchObject({ code: 'idp-timeout' });
  });

  test('T13 answers one tenant while another tenant’s names are never answered', async () => {
    const dead = Array.from({ length: 40 }, (_, index) => `dead-${index}.example`);
    const names = { [HOST]: { a: ['93.184.216.34'] }, ...Object.fromEntries(dead.map((n) => [n, 'silent' as const])) };
    const fetch = fetchWith(await serve({ names }), 3_000);
    const stalled = dead.map((name) => caught(() => fetch(`https://${name}/`)));
    let isStalled = true;
    const ended = Promise.all(stalled).then((errors) => {
      isStalled = false;
      return errors;
    });
    expect(await (await fetch(`https://${HOST}/`)).text()).toBe('ok');
    expect(isStalled).toBe(true);
    for (const error of await ended) expect(error.code).toBe('idp-timeout');
  }, 20_000);
});
