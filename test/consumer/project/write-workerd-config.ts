/** @module What workerd is started with. */
import { writeFile } from 'node:fs/promises';
import type { PortableSettings } from './portable-service.ts';

/** `worker.js` is expected beside the configuration. No flag gives the worker any of Node's modules. */
export async function writeWorkerdConfig(
  path: string,
  { settings, proxyPort }: { readonly settings: PortableSettings; readonly proxyPort: number },
): Promise<void> {
  await writeFile(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "proxy", external = (address = "127.0.0.1:${proxyPort}", http = (style = proxy))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-07-01",
  bindings = [(name = "SETTINGS", json = ${JSON.stringify(JSON.stringify(settings))})],
  globalOutbound = "proxy",
);
`,
  );
}
