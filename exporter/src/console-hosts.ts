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
    sources.map(({ host, uri: text, console: way = { via: 'auto' }, open }) => {
      const uri = parseConnectionUri(text);
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
