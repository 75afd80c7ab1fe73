/** Whether a host name, with or without a port, lies below `.localhost` and so on a developer's own machine. */
export function isLocalHost(hostName: string): boolean {
  return /\.localhost(?::\d+)?$/.test(hostName);
}
