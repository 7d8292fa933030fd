// SPDX-License-Identifier: Apache-2.0
// What is asked about the disks of one domain: the job that runs on one, and whether one has an error. Both ask QEMU.

import * as details from '../../protocol/domain-details.ts';
import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import { ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import type { SimulatedDomain } from './domain.ts';
import type { SimulatedHost } from './host.ts';

/** virDomainBlockJobType */
const BACKUP = 5;
/** virDomainPausedReason */
const PAUSED_IOERROR = 5;
/** virDomainDiskErrorCode */
const NO_SPACE = 2;
/** As long as the backup of the whole domain takes. */
const BACKUP_SECONDS = 600;

/** Answers them. */
export function serveDisks(table: HandlerTable, host: SimulatedHost): void {
  table.on(details.DOMAIN_GET_BLOCK_JOB_INFO, async ({ dom, path }) => {
    const domain = await entered(host, dom, 'remoteDispatchDomainGetBlockJobInfo');
    const disk = domain.spec.disks.findIndex(({ target }) => target === path);
    if (disk === -1) throw daemonError('INVALID_ARG', ERROR_FROM.QEMU, `disk '${path}' not found in the domain`);
    // The backup is of the first disk.
    if (domain.spec.job === null || disk !== 0) return { found: false, type: 0, bandwidth: 0n, cur: 0n, end: 0n };
    const end = BigInt(domain.spec.disks[0]?.capacityBytes ?? 0);
    const cur = (end * BigInt(Math.floor(domain.ranSeconds % BACKUP_SECONDS))) / BigInt(BACKUP_SECONDS);
    return { found: true, type: BACKUP, bandwidth: 0n, cur, end };
  });
  table.on(details.DOMAIN_GET_DISK_ERRORS, async ({ dom }) => {
    const { spec, state, reason } = await entered(host, dom, 'remoteDispatchDomainGetDiskErrors');
    const failed = state === STATE.VIR_DOMAIN_PAUSED && reason === PAUSED_IOERROR;
    const errors = failed ? spec.disks.slice(0, 1).map(({ target }) => ({ disk: target, error: NO_SPACE })) : [];
    return { errors, nerrors: errors.length };
  });
}

/** The domain once its monitor can be had. */
async function entered(
  host: SimulatedHost,
  dom: { readonly name: string; readonly uuid: string },
  api: string,
): Promise<SimulatedDomain> {
  const domain = host.domain(dom);
  if (!domain.isActive) throw daemonError('OPERATION_INVALID', ERROR_FROM.DOMAIN, 'domain is not running');
  if (!(await domain.monitor.enter(api, host.jobWaitMs))) {
    throw daemonError('OPERATION_TIMEOUT', ERROR_FROM.NONE, 'cannot acquire state change lock');
  }
  return domain;
}
