// SPDX-License-Identifier: Apache-2.0
// Every host as the consoles see it: its daemon, its snapshots, and the way to its screens.

import { parseConnectionUri } from '@vireo/libvirt';
import type { HostConsoleConfig } from './config/config.ts';
import type { ConsoleHost } from './console/session.ts';
import { SshRoutes } from './console/ssh-routes.ts';
import type { Host } from './hosts/host.ts';
import { HostConsoles } from './hosts/host-consoles.ts';
import type { OpenConsoleConnection } from './hosts/host-consoles.ts';

/** What is needed of one. */
export interface ConsoleHostSource {
  readonly host: Host;
  readonly uri: string;
  /** The daemon that opens {@link uri}; absent: the one behind it. */
  readonly via?: string;
  readonly console?: HostConsoleConfig;
  /** Opens a read-write connection. */
  readonly open: OpenConsoleConnection;
}

/** All of them by name, and how to let go of them. */
export interface ConsoleHosts {
  readonly byName: ReadonlyMap<string, ConsoleHost>;
  close(): Promise<void>;
}

/** Builds them; nothing is connected yet. */
export function composeConsoleHosts(sources: readonly ConsoleHostSource[]): ConsoleHosts {
  const consoles: HostConsoles[] = [];
  const byName = new Map(
    sources.map(({ host, uri: text, via, console: configured = { via: 'auto' }, open }) => {
      const uri = parseConnectionUri(via ?? text);
      const way = via === undefined ? configured : wayPast(text, configured);
      const own = new HostConsoles({ open });
      consoles.push(own);
      const seen: ConsoleHost = {
        name: host.name,
        get snapshot() {
          return host.snapshot;
        },
        watch: (uuid, listener) => host.watch(uuid, listener),
        consoles: own,
        way: { ...way, uri },
        ...(uri.transport === 'ssh' ? { ssh: new SshRoutes(uri) } : {}),
      };
      return [host.name, seen] as const;
    }),
  );
  return {
    byName,
    close: async () => {
      await Promise.all(consoles.map((own) => own.close()));
    },
  };
}

/** The screens of a hypervisor that a daemon finds over the network are where that is, and not at the daemon. */
function wayPast(opened: string, configured: HostConsoleConfig): HostConsoleConfig {
  const { hostname } = new URL(opened);
  if (hostname === '' || configured.via !== 'auto') return configured;
  return { address: hostname.replace(/^\[(.*)\]$/, '$1'), ...configured, via: 'direct' };
}
