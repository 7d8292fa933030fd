// SPDX-License-Identifier: Apache-2.0
// What happens at the hosts, as log lines: one JSON object each, `event` names what happened, the rest says to whom.

import type { Logger } from 'pino';
import type { HostChange } from './hosts/changes.ts';

/** Writes one line for a change of a host. */
export function logChange(logger: Logger, host: string, change: HostChange): void {
  switch (change.kind) {
    case 'host.up':
      logger.info(
        { event: change.kind, host, driver: change.driver, libvirtVersion: change.libvirtVersion },
        `host ${host} is up: ${change.driver} behind libvirt ${change.libvirtVersion}`,
      );
      return;
    case 'host.lost':
      logger.error(
        { event: change.kind, host, code: change.error.code, retryInMs: change.retryInMs },
        `host ${host} is lost: ${change.error.message}`,
      );
      return;
    case 'poll.failed':
      logger.warn(
        { event: change.kind, host, group: change.group, code: change.error.code },
        `poll of ${change.group} at host ${host} failed: ${change.error.message}`,
      );
      return;
    case 'poll.recovered':
      logger.info(
        { event: change.kind, host, group: change.group },
        `poll of ${change.group} at host ${host} works again`,
      );
      return;
    case 'domain.stuck': {
      const { trouble } = change;
      const monitor = trouble.controlState ?? 'no answer';
      logger.warn(
        { event: change.kind, host, ...domainFields(change.domain), controlState: trouble.controlState },
        `domain ${change.domain.name} at host ${host} is stuck (monitor: ${monitor}): its statistics are left out`,
      );
      return;
    }
    case 'domain.recovered':
      logger.info(
        { event: change.kind, host, ...domainFields(change.domain), stuckMs: change.stuckMs },
        `domain ${change.domain.name} at host ${host} answers again`,
      );
      return;
    case 'domain.state':
      logger.info(
        {
          event: change.kind,
          host,
          ...domainFields(change.domain),
          from: change.from,
          to: change.to,
          reason: change.reason,
        },
        `domain ${change.domain.name} at host ${host} is ${change.to} (${change.reason}), was ${change.from}`,
      );
      return;
    case 'domain.added':
      logger.info(
        { event: change.kind, host, ...domainFields(change.domain), state: change.state },
        `domain ${change.domain.name} at host ${host} appeared, ${change.state}`,
      );
      return;
    case 'domain.removed':
      logger.info(
        { event: change.kind, host, ...domainFields(change.domain) },
        `domain ${change.domain.name} at host ${host} is gone`,
      );
      return;
    case 'domain.event':
      logger.info(
        {
          event: change.kind,
          host,
          ...domainFields(change.domain),
          libvirtEvent: change.event,
          ...(change.detail === '' ? {} : { detail: change.detail }),
        },
        `domain ${change.domain.name} at host ${host}: ${change.event}${change.detail === '' ? '' : ` (${change.detail})`}`,
      );
  }
}

function domainFields({ name, uuid }: { readonly name: string; readonly uuid: string }): {
  domain: string;
  uuid: string;
} {
  return { domain: name, uuid };
}
