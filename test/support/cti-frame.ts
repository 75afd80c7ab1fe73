/**
 * @module
 * The CTI Adaptor in a CRM's frame and the window that it opens, as far as HTTP goes. Each has a cookie jar of its own:
 * a browser keeps a frame's partition apart from the top level.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Answer, HttpBrowser, type HttpRequest } from './http-browser.js';
import { chooseUser, type PersonKey, type Rig, type TenantName } from './rig.js';

export const CHROME =
  'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

export interface Handoff {
  readonly id: string;
  readonly number: string;
  readonly verifier: string;
}

export class CtiFrame {
  readonly frame = new HttpBrowser();
  readonly window = new HttpBrowser();
  userAgent = CHROME;
  readonly origin: string;
  readonly #tenant: TenantName;

  constructor(rig: Rig, tenant: TenantName = 'acme') {
    this.#tenant = tenant;
    this.origin = rig.tenants[tenant].origin;
  }

  /** As the frame's script asks. */
  ask(path: string, options: HttpRequest = {}): Promise<Answer> {
    const { method = 'GET', body = '' } = options;
    const json = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    return this.frame.ask(this.origin + path, {
      ...options,
      headers: {
        'user-agent': this.userAgent,
        'x-ipscape-sso': '1',
        'sec-fetch-site': 'same-origin',
        ...(method === 'GET' ? {} : { origin: this.origin, ...json }),
        ...options.headers,
      },
    });
  }

  /** As a form of the window sends it. */
  submit(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: HttpRequest['headers'] = {},
  ): Promise<Answer> {
    const body = new URLSearchParams(fields).toString();
    return this.window.post(this.origin + path, {
      body,
      headers: {
        'user-agent': this.userAgent,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
        'sec-fetch-dest': 'document',
        ...headers,
      },
    });
  }

  async create(query?: string): Promise<Handoff> {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const body = JSON.stringify({ challenge, ...(query === undefined ? {} : { query }) });
    const answer = await this.ask('/cti/handoffs', { method: 'POST', body });
    if (answer.status !== 201) throw new Error(`No handoff: ${answer.status} ${answer.text}`);
    const { id, number } = answer.json();
    return { id: String(id), number: String(number), verifier };
  }

  open({ id }: Pick<Handoff, 'id'>, headers?: HttpRequest['headers']): Promise<Answer> {
    return this.submit('/cti/login', { handoff: id }, headers);
  }

  /** Up to Okta's answer, which is not opened yet. */
  async walkToCallback(handoff: Handoff, person: PersonKey = 'agent'): Promise<string> {
    const opened = await this.open(handoff);
    if (opened.status !== 303) throw new Error(`Not opened: ${opened.status} ${opened.text}`);
    return chooseUser(this.window, opened.location(), `${person}@${this.#tenant}.example`);
  }

  /** Up to the page that asks. */
  async signInWindow(handoff: Handoff, person: PersonKey = 'agent'): Promise<Answer> {
    const callback = await this.walkToCallback(handoff, person);
    return this.window.follow(await this.window.request(callback));
  }

  decide({ id }: Pick<Handoff, 'id'>, decision = 'confirm', headers?: HttpRequest['headers']): Promise<Answer> {
    return this.submit(`/cti/handoffs/${id}/confirm`, { decision }, headers);
  }

  poll({ id, verifier }: Pick<Handoff, 'id' | 'verifier'>): Promise<Answer> {
    return this.ask(`/cti/handoffs/${id}`, { headers: { 'x-ipscape-verifier': verifier } });
  }

  redeem({ id, verifier }: Pick<Handoff, 'id' | 'verifier'>, headers: HttpRequest['headers'] = {}): Promise<Answer> {
    return this.ask(`/cti/handoffs/${id}/redeem`, { method: 'POST', body: JSON.stringify({ verifier }), headers });
  }

  giveUp({ id, verifier }: Pick<Handoff, 'id' | 'verifier'>, reason = 'cancelled'): Promise<Answer> {
    const headers = { 'x-ipscape-verifier': verifier };
    return this.ask(`/cti/handoffs/${id}`, { method: 'DELETE', body: JSON.stringify({ reason }), headers });
  }

  /** Everything up to the confirmation. */
  async confirmed(query?: string): Promise<Handoff> {
    const handoff = await this.create(query);
    await this.signInWindow(handoff);
    const answer = await this.decide(handoff);
    if (answer.status !== 200) throw new Error(`Not confirmed: ${answer.status} ${answer.text}`);
    return handoff;
  }
}
