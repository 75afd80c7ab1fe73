/**
 * @module oidc-provider's storage in memory: one store per org, shared by the providers of all its issuers.
 * Entries expire when they are read. Nothing is written to disk.
 */
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/** Looks up a registered client's metadata by id. */
export type FindClientMetadata = (clientId: string) => AdapterPayload | undefined;

/** Sessions, interactions, codes, grants and tokens of one org. */
export class MemoryStore {
  readonly #entries = new Map<string, Entry>();
  readonly #findClient: FindClientMetadata;

  constructor(findClient: FindClientMetadata) {
    this.#findClient = findClient;
  }

  /** The factory for oidc-provider's `adapter` setting. */
  get adapter(): AdapterFactory {
    return (model) => (model === 'Client' ? this.#clientAdapter() : this.#modelAdapter(model));
  }

  /** The client that an unfinished interaction belongs to. */
  findInteractionClientId(uid: string): string | undefined {
    const clientId = this.#read(`Interaction:${uid}`)?.params?.client_id;
    return typeof clientId === 'string' ? clientId : undefined;
  }

  /** Forgets all entries, or those of a model such as `Session`. Clients are none of them. */
  clear(model?: string): void {
    for (const key of this.#entries.keys()) {
      if (model === undefined || key.startsWith(`${model}:`)) this.#entries.delete(key);
    }
  }

  #read(key: string): AdapterPayload | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.expiresAtMs <= Date.now()) {
      this.#entries.delete(key);
      return undefined;
    }
    return entry?.payload;
  }

  #find(model: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const key of this.#entries.keys()) {
      const payload = key.startsWith(`${model}:`) ? this.#read(key) : undefined;
      if (payload && matches(payload)) return payload;
    }
    return undefined;
  }

  #clientAdapter(): Adapter {
    return { ...this.#modelAdapter('Client'), find: async (id) => this.#findClient(id) };
  }

  #modelAdapter(model: string): Adapter {
    const entries = this.#entries;
    return {
      upsert: async (id, payload, expiresIn) => {
        const expiresAtMs = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000;
        entries.set(`${model}:${id}`, { payload, expiresAtMs });
      },
      find: async (id) => this.#read(`${model}:${id}`),
      findByUid: async (uid) => this.#find(model, (payload) => payload.uid === uid),
      findByUserCode: async (userCode) => this.#find(model, (payload) => payload.userCode === userCode),
      consume: async (id) => {
        const payload = this.#read(`${model}:${id}`);
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => {
        entries.delete(`${model}:${id}`);
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of entries) {
          if (payload.grantId === grantId && !key.startsWith('Session:')) entries.delete(key);
        }
      },
    };
  }
}
