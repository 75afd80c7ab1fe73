/**
 * @module
 * The OpenTelemetry variables that decide whether and how requests are traced. Those about the exporter itself
 * (`OTEL_EXPORTER_OTLP_…`) and the resource (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) the SDK reads on its own.
 */

export const TRACE_SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Which requests are traced, as `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` say. */
export interface TraceSampling {
  /** By the names of the OpenTelemetry specification. Default `parentbased_always_on`. */
  readonly sampler: (typeof TRACE_SAMPLERS)[number];
  /** Share of the traces that are kept, 0 to 1. Only for `…traceidratio`. */
  readonly ratio: number;
}

export interface TracingEnvironment {
  /** Null: tracing is off. */
  readonly tracing: TraceSampling | null;
  readonly problems: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] as const;

/** Off unless an endpoint is set; also with `OTEL_SDK_DISABLED=true` or `OTEL_TRACES_EXPORTER=none`. */
export function readTracingEnvironment(variables: Variables): TracingEnvironment {
  const isWanted = ENDPOINTS.some((name) => variables[name] !== undefined);
  const isOff = variables.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || variables.OTEL_TRACES_EXPORTER === 'none';
  if (!isWanted || isOff) return { tracing: null, problems: [] };

  const sampler = TRACE_SAMPLERS.find((name) => name === (variables.OTEL_TRACES_SAMPLER ?? 'parentbased_always_on'));
  const ratio = Number(variables.OTEL_TRACES_SAMPLER_ARG ?? '1');
  const problems = [
    ...ENDPOINTS.filter((name) => !isHttpUrl(variables[name] ?? 'http://collector')).map(
      (name) => `${name} must be an http or https URL.`,
    ),
    ...PROTOCOLS.filter((name) => (variables[name] ?? 'http/json') !== 'http/json').map(
      (name) => `${name} must be "http/json" or not set: traces are sent as JSON.`,
    ),
    ...((variables.OTEL_TRACES_EXPORTER ?? 'otlp') === 'otlp'
      ? []
      : ['OTEL_TRACES_EXPORTER must be "otlp", "none" or not set.']),
    ...(sampler === undefined ? [`OTEL_TRACES_SAMPLER must be one of ${TRACE_SAMPLERS.join(', ')}.`] : []),
    ...(ratio >= 0 && ratio <= 1 ? [] : ['OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.']),
  ];
  return { tracing: sampler === undefined || problems.length > 0 ? null : { sampler, ratio }, problems };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
