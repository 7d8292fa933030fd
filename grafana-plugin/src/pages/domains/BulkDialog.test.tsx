// SPDX-License-Identifier: Apache-2.0

import { screen, waitFor, within } from '@testing-library/react';
import type { BulkRequest, BulkResult, DomainBrief, Task } from '@vireo/exporter/contract';
import React from 'react';
import { Pages } from '../../App';
import { type FakeApi, failure, fakeApi, problem, type SentRequest, signIn } from '../../testing/fakeApi';
import { aDomain, aHost, aPage, aTask } from '../../testing/fixtures';
import { accessibilityFaults, renderAt } from '../../testing/render';
import { domainsUrl } from '../../urls';

let api: FakeApi;
const BULK = '0b0f9c3e-8a55-4b57-8f0a-3f1c5a0f00b1';
const uuidOf = (number: number) => `5f8e4a52-9d7c-4c35-a7a5-${String(number).padStart(12, '0')}`;
const aRow = (number: number, changes: Partial<DomainBrief> = {}): DomainBrief =>
  aDomain({ uuid: uuidOf(number), name: `web-${String(number)}`, id: number, ...changes });
const off: Partial<DomainBrief> = { state: 'shutoff', id: -1, allowedActions: ['start'], refusedActions: {} };

beforeEach(() => {
  signIn('operator');
  api = fakeApi()
    .on('GET /hosts', { items: [aHost()] })
    .on('GET /domains', aPage(aRow(1), aRow(2), aRow(3, off)))
    .on('GET /tasks', aPage())
    .on('POST /actions', bulkAnswer());
});

const isRefused = (uuid: string) => uuid === uuidOf(3);
const taskOf = (uuid: string, changes: Partial<Task> = {}) =>
  aTask({ id: uuid, uuid, bulkId: BULK, action: 'suspend', ...changes });

/** What the API says to a request about rows 1 to 3, of which the third is off. */
function bulkAnswer(): (request: SentRequest) => BulkResult {
  return ({ body }) => {
    const { targets, dryRun = false } = body as BulkRequest;
    return {
      bulkId: BULK,
      dryRun,
      results: targets.map(({ host, uuid }) => ({
        host,
        uuid,
        domain: `web-${String(Number(uuid.slice(-3)))}`,
        accepted: !isRefused(uuid),
        ...(isRefused(uuid) && { error: { code: 'VIREO_STATE', message: 'web-3: shutoff: not running' } }),
        ...(dryRun && !isRefused(uuid) && { changes: true }),
        ...(!dryRun && !isRefused(uuid) && { task: taskOf(uuid) }),
      })),
    };
  };
}

/** Opens the question of an action on rows. */
async function ask(label: string, ...numbers: number[]) {
  const { user } = renderAt(<Pages />, { url: domainsUrl() });
  await screen.findByRole('link', { name: 'web-1' });
  for (const number of numbers) {
    await user.click(screen.getByRole('checkbox', { name: `Select web-${String(number)} on kvm1` }));
  }
  await user.click(screen.getByRole('button', { name: label }));
  await within(await screen.findByRole('dialog')).findByLabelText(/Reason/);
  return user;
}
const dialog = () => screen.getByRole('dialog');
const bodies = () => api.sent('POST').map(({ body }) => body as BulkRequest);

describe('an action on many domains', () => {
  it('is first asked what it would do, says why not to each, and sends nothing by itself', async () => {
    await ask('Suspend', 1, 2, 3);
    expect(within(dialog()).getByRole('heading', { name: 'Suspend: 2 domains' })).toBeInTheDocument();
    expect(dialog()).toHaveTextContent('Not possible now, left alone: 1');
    expect(dialog()).toHaveTextContent('web-3 on kvm1: shutoff: not running');
    expect(dialog()).toHaveTextContent('Affects 2: The CPUs stop at once.');
    expect(dialog()).toHaveTextContent('web-1 (kvm1), web-2 (kvm1)');
    expect(bodies()).toEqual([
      {
        action: 'suspend',
        dryRun: true,
        targets: [1, 2, 3].map((number) => ({
          host: 'kvm1',
          uuid: uuidOf(number),
          ifDomainId: number === 3 ? -1 : number,
          ifDomainName: `web-${String(number)}`,
        })),
      },
    ]);
    expect(await accessibilityFaults(dialog())).toEqual([]);
  });

  it('goes to those that allow it, about the run that was seen, and is followed to the end, failures first', async () => {
    api.on(
      'GET /tasks',
      aPage(
        taskOf(uuidOf(1), { state: 'succeeded', changed: true }),
        taskOf(uuidOf(2), { state: 'failed', error: { code: 'VIREO_LIBVIRT_REFUSED', message: 'it would not' } }),
      ),
    );
    const user = await ask('Suspend', 1, 2, 3);
    await user.type(within(dialog()).getByLabelText(/Reason/), 'patch day');
    await user.click(within(dialog()).getByRole('button', { name: 'Suspend: 2' }));
    expect(await screen.findByText('All of it is over')).toBeInTheDocument();
    expect(within(dialog()).getByRole('heading', { name: 'Suspend: 2 domains' })).toBeInTheDocument();
    expect(dialog()).toHaveTextContent('Failed: 1 · Done: 1');
    expect(dialog()).toContainElement(document.activeElement as HTMLElement);
    const [first] = within(dialog()).getAllByRole('listitem');
    expect(first).toHaveTextContent('web-2kvm1it would not (VIREO_LIBVIRT_REFUSED)');
    expect(bodies()[1]).toEqual({
      action: 'suspend',
      reason: 'patch day',
      targets: [1, 2].map((number) => ({
        host: 'kvm1',
        uuid: uuidOf(number),
        ifDomainId: number,
        ifDomainName: `web-${String(number)}`,
      })),
    });
    expect(within(dialog()).getByRole('link', { name: 'See it among the tasks' })).toHaveAttribute(
      'href',
      expect.stringContaining(`bulkId=${BULK}`),
    );
    expect(await accessibilityFaults(dialog())).toEqual([]);
  });

  it('says what is under way', async () => {
    const user = await ask('Suspend', 1, 2);
    await user.click(within(dialog()).getByRole('button', { name: 'Suspend: 2' }));
    expect(await within(dialog()).findByText('Waiting: 2', { exact: false })).toBeInTheDocument();
  });

  it('that loses data wants the number of domains typed', async () => {
    const user = await ask('Force off', 1, 2);
    const send = within(dialog()).getByRole('button', { name: 'Force off: 2' });
    const proof = within(dialog()).getByLabelText('Type how many domains it is to confirm: 2');
    await user.type(proof, '3');
    expect(send).toBeDisabled();
    await user.clear(proof);
    await user.type(proof, '2');
    await user.click(send);
    await waitFor(() => expect(bodies()).toHaveLength(2));
  });

  it('that every target refuses cannot be sent', async () => {
    api.on('GET /domains', aPage(aRow(1), aRow(3)));
    await ask('Suspend', 3);
    expect(dialog()).toHaveTextContent('Nothing is left to do.');
    expect(within(dialog()).getByRole('button', { name: 'Suspend: 0' })).toBeDisabled();
  });

  it('stays open when it is refused as a whole, and is repeated with its key when the answer got lost', async () => {
    const answers = bulkAnswer();
    const faults = [failure(0, {}), problem('VIREO_BUSY', 'too many')];
    api.on('POST /actions', (request) => {
      const fault = (request.body as BulkRequest).dryRun ? undefined : faults.shift();
      if (fault) {
        throw fault;
      }
      return answers(request);
    });
    const user = await ask('Suspend', 1, 2);
    const send = within(dialog()).getByRole('button', { name: 'Suspend: 2' });
    await user.click(send);
    expect(await within(dialog()).findByText(/APP_NETWORK/)).toBeInTheDocument();
    await user.click(send);
    expect(await within(dialog()).findByText(/VIREO_BUSY/)).toBeInTheDocument();
    await user.click(send);
    await within(dialog()).findByText('Under way');
    const keys = api
      .sent('POST')
      .slice(1)
      .map(({ headers }) => headers['Idempotency-Key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('whose dry run fails says so and asks again', async () => {
    api.on('POST /actions', () => {
      throw problem('VIREO_AUTH_PRIVILEGE', 'this needs the privilege power');
    });
    const { user } = renderAt(<Pages />, { url: domainsUrl() });
    await user.click(await screen.findByRole('checkbox', { name: 'Select web-1 on kvm1' }));
    await user.click(screen.getByRole('button', { name: 'Suspend' }));
    expect(
      await within(await screen.findByRole('dialog')).findByText('this needs the privilege power'),
    ).toBeInTheDocument();
  });

  it('offers force for guests that did not react, and asks anew about them alone', async () => {
    api.on(
      'GET /tasks',
      aPage(
        taskOf(uuidOf(1), { action: 'shutdown', state: 'timed_out' }),
        taskOf(uuidOf(2), { action: 'shutdown', state: 'succeeded', changed: true }),
      ),
    );
    const user = await ask('Shut down', 1, 2);
    await user.click(within(dialog()).getByRole('button', { name: 'Shut down: 2' }));
    await user.click(await screen.findByRole('button', { name: 'Force off: 1 …' }));
    expect(await screen.findByLabelText('Type the name of the domain to confirm: web-1')).toBeInTheDocument();
    expect(bodies().map(({ action, dryRun, targets }) => [action, dryRun, targets.length])).toEqual([
      ['shutdown', true, 2],
      ['shutdown', undefined, 2],
      ['destroy', true, 1],
    ]);
  });
});

describe('a selection', () => {
  it('of all that are listed can be made, stays when a filter hides some, and says so', async () => {
    const { user } = renderAt(<Pages />, { url: domainsUrl() });
    await user.click(await screen.findByRole('checkbox', { name: 'Select all that are listed' }));
    expect(screen.getByText('Selected: 3')).toBeInTheDocument();
    await user.type(screen.getByPlaceholderText(/^Search/), 'web-1');
    expect(await screen.findByText('Selected: 3, hidden by the filter: 2')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Select none' }));
    expect(await screen.findByText('Selected: 0')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Suspend' })).toHaveAttribute('aria-disabled', 'true');
  });

  it('goes through to another row with Shift', async () => {
    const { user } = renderAt(<Pages />, { url: domainsUrl() });
    await user.click(await screen.findByRole('checkbox', { name: 'Select web-1 on kvm1' }));
    await user.keyboard('{Shift>}');
    await user.click(screen.getByRole('checkbox', { name: 'Select web-3 on kvm1' }));
    await user.keyboard('{/Shift}');
    expect(screen.getByText('Selected: 3')).toBeInTheDocument();
  });

  it('of more than the API takes at once cannot be acted on, and says why', async () => {
    api.on('GET /domains', aPage(...Array.from({ length: 501 }, (_, number) => aRow(number))));
    const { user } = renderAt(<Pages />, { url: domainsUrl() });
    await user.click(await screen.findByRole('checkbox', { name: 'Select all that are listed' }));
    const suspend = screen.getByRole('button', { name: 'Suspend' });
    expect(suspend).toHaveAttribute('aria-disabled', 'true');
    await user.hover(suspend);
    expect(await screen.findByText('At most 500 domains at once.')).toBeInTheDocument();
  });
});
