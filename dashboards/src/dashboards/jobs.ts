// SPDX-License-Identifier: Apache-2.0
// Migration and jobs: what moves, how far it is, and whether it will ever end.

import { fact, statistic } from '../metric.ts';
import { labelTable, timeSeries } from '../panels/panels.ts';
import { DOMAIN, rowLink } from './frame.ts';
import type { DashboardSpec } from './frame.ts';

const job = (name: string): string => statistic(`libvirt_domain_job_info_${name}`, DOMAIN);
const NAME = '{{domain}} at {{host}}';

/** Migration and jobs. */
export const JOBS: DashboardSpec = {
  uid: 'vireo-jobs',
  title: 'Vireo / Migration and jobs',
  description: 'Migrations, saves, backups and block jobs that run: progress, speed, and how fast guests dirty memory.',
  host: 'many',
  domain: 'many',
  sections: [
    {
      title: 'Jobs of domains',
      panels: [
        labelTable({
          title: 'Running now',
          description: 'Jobs that run: for how long, and what is left of data, memory and disks.',
          width: 24,
          columns: [
            { field: 'host', title: 'host' },
            { field: 'domain', title: 'domain', link: rowLink('Domain', 'vireo-domain', 'host', 'domain') },
            { field: 'Value #A', title: 'runs for', unit: 's' },
            { field: 'Value #B', title: 'memory left', unit: 'bytes' },
            { field: 'Value #C', title: 'disks left', unit: 'bytes' },
          ],
          queries: [
            { expr: `sum by (host, domain) (${job('time_elapsed_seconds')})`, legend: '' },
            { expr: `sum by (host, domain) (${job('memory_remaining_bytes')})`, legend: '' },
            { expr: `sum by (host, domain) (${job('file_remaining_bytes')})`, legend: '' },
          ],
        }),
        timeSeries({
          title: 'Progress',
          description:
            'Part of the data a job has moved. It goes back when the guest dirties memory faster than it moves.',
          unit: 'percentunit',
          width: 12,
          max: 1,
          queries: [{ expr: `${job('data_processed_bytes')} / (${job('data_total_bytes')} > 0)`, legend: NAME }],
        }),
        timeSeries({
          title: 'Left to move',
          description: 'Data a job has yet to move. A migration that does not end has a line that does not fall.',
          unit: 'bytes',
          width: 12,
          queries: [
            { expr: job('memory_remaining_bytes'), legend: `${NAME}: memory` },
            { expr: job('file_remaining_bytes'), legend: `${NAME}: disks` },
          ],
        }),
        timeSeries({
          title: 'Speed',
          description: 'Speed at which jobs move memory and disk data.',
          unit: 'Bps',
          width: 12,
          queries: [
            { expr: job('memory_bytes_per_second'), legend: `${NAME}: memory` },
            { expr: job('disk_bytes_per_second'), legend: `${NAME}: disks` },
          ],
        }),
        timeSeries({
          title: 'Dirtied while it moves',
          description: 'Memory the guest dirties during the job; above the speed, the job does not end by itself.',
          unit: 'Bps',
          width: 12,
          queries: [
            { expr: `${job('memory_dirty_pages_per_second')} * ${job('memory_page_size_bytes')}`, legend: NAME },
          ],
        }),
      ],
    },
    {
      title: 'Block jobs and dirty rate',
      panels: [
        timeSeries({
          title: 'Block jobs',
          description: 'How far each block job is on its way to its end.',
          unit: 'percentunit',
          width: 12,
          max: 1,
          queries: [
            {
              expr: `${fact('libvirt_domain_block_job_position', DOMAIN)} / (${fact('libvirt_domain_block_job_end', DOMAIN)} > 0)`,
              legend: `{{target_device}} of ${NAME}`,
            },
          ],
        }),
        timeSeries({
          title: 'Dirty rate',
          description:
            'Memory guests dirtied in a second of the last measurement; only after somebody had it measured.',
          unit: 'Bps',
          width: 12,
          queries: [{ expr: statistic('libvirt_domain_dirty_rate_bytes_per_second', DOMAIN), legend: NAME }],
        }),
      ],
    },
  ],
};
