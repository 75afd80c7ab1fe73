/** @module The portable service on workerd: one module without Node's, in an isolate that remembers between requests. */
import { createPortableService, type PortableSettings } from './portable-service.ts';

let handle: ReturnType<typeof createPortableService> | undefined;

const worker = {
  fetch(request: Request, { SETTINGS }: { readonly SETTINGS: PortableSettings }): Promise<Response> {
    handle ??= createPortableService(SETTINGS);
    return handle(request);
  },
};

// biome-ignore lint/style/noDefaultExport: workerd finds a worker by this name only.
export { worker as default };
