/**
 * @module
 * What the Workspace's handlers have beside every adapter's: the store's administration and the settings' rules.
 */
import { type ConnectionSettings, createConnectionSettings } from '@ipscape/sso-core';
import type { Adapter } from '@ipscape/sso-hono';
import type { SsoStore } from '@ipscape/sso-store';
import { roundPath } from './settings/settings-paths.js';

export interface Workspace {
  readonly adapter: Adapter<SsoStore>;
  readonly settings: ConnectionSettings;
}

export function createWorkspace(adapter: Adapter<SsoStore>): Workspace {
  const { store, signIn, scheme } = adapter;
  return { adapter, settings: createConnectionSettings({ store, signIn, scheme, roundPath }) };
}
