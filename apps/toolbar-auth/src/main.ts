import { okta } from '@ipscape/okta-provider';
import { runAdapter } from '@ipscape/sso-hono/node';
import { createEncryptionKeyRing, openSsoStore } from '@ipscape/sso-store';
import { createToolbarApp } from './app.js';
import { readEnvironment } from './environment.js';

await runAdapter({
  environment: readEnvironment(),
  providers: [okta],
  openStore: (database, keys) => openSsoStore({ ...database, encryptionKeys: createEncryptionKeyRing(keys) }),
  createApp: createToolbarApp,
});
