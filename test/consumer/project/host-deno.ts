/** @module The portable service on Deno. */
import { createPortableService } from './portable-service.ts';

declare const Deno: {
  readonly args: readonly string[];
  serve(
    options: { readonly port: number; readonly hostname: string; onListen(address: { readonly port: number }): void },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
};

const onListen = ({ port }: { readonly port: number }): void => console.log(`listening ${port}`);
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen }, createPortableService(JSON.parse(Deno.args[0] ?? '')));
