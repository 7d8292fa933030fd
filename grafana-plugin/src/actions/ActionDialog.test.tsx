// SPDX-License-Identifier: Apache-2.0
import { screen, waitFor, within } from '@testing-library/react';
import type { DomainFull, Task } from '@vireo/exporter/contract';
import React from 'react';
import { accessibilityFaults, renderAt } from '../testing/render';
import { Pages } from '../App';
import { failure, fakeApi, type FakeApi, problem, signIn } from '../testing/fakeApi';
import { aDomain, aPage, aTask, UUID } from '../testing/fixtures';
import { domainUrl } from '../urls';
import { Route, Routes } from 'react-router-dom';

let api: FakeApi;

beforeEach(() => {
  api = fakeApi().on('GET /tasks', aPage());
  signIn('operator');
});

/** The page of a domain, at an address. */
function openDomain(domain: DomainFull = aDomain(), action?: string) {
  api.on('GET /hosts/kvm1/domains/*', domain);
  return renderAt(
    <Routes>
      <Route path="*" element={<Pages />} />
    </Routes>,
    { url: domainUrl('kvm1', UUID, action === undefined ? {} : { action }) },
  );
}

/** The task that a POST is answered with, and how it goes on. */
function tasks(first: Task, then: Task = first): void {
  api.on('POST /hosts/kvm1/domains/*/actions', first).on('GET /tasks/*', then);
}

const dialog = () => screen.findByRole('dialog');

describe('a question before an action', () => {
  it('names host and domain, tells the consequence, and sends nothing by itself', async () => {
    const { user } = openDomain();
    await user.click(await screen.findByRole('button', { name: 'Shut down' }));
    const question = await dialog();
    expect(question).toHaveTextContent('Shut down: web-1 on kvm1');
    expect(question).toHaveTextContent('The guest is asked to shut down, and its users lose the service.');
    await user.click(within(question).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(api.sent('POST')).toEqual([]);
  });

  it('gives the focus back to its button, also when that has become one that is not available', async () => {
    const { user } = openDomain();
    await user.click(await screen.findByRole('button', { name: 'Suspend' }));
    api.on('GET /hosts/kvm1/domains/*', aDomain({ state: 'paused' }));
    tasks(aTask({ action: 'suspend', state: 'succeeded' }));
    await user.click(within(await dialog()).getByRole('button', { name: 'Suspend' }));
    const button = () => screen.getByRole('button', { name: 'Suspend', hidden: true });
    await waitFor(() => expect(button()).toHaveAttribute('aria-disabled', 'true'));
    await user.click(within(await dialog()).getByText('Close'));
    await waitFor(() => expect(button()).toHaveFocus());
  });

  it('gives the focus back to the menu it was chosen from', async () => {
    const { user } = openDomain();
    await user.click(await screen.findByRole('button', { name: 'More actions' }));
    await user.click(await screen.findByRole('menuitem', { name: /^Reset/ }));
    await user.click(within(await dialog()).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.getByRole('button', { name: 'More actions' })).toHaveFocus());
  });

  it('is all that a link opens', async () => {
    openDomain(aDomain(), 'suspend');
    expect(await dialog()).toHaveTextContent('Suspend: web-1 on kvm1');
    expect(api.sent('POST')).toEqual([]);
  });

  it('shows what others do to the domain', async () => {
    api.on('GET /tasks', aPage(aTask({ action: 'reboot', state: 'running' })));
    openDomain(aDomain(), 'suspend');
    expect(await screen.findByText('Under way: Reboot, by ada')).toBeInTheDocument();
  });

  it.each([
    ['destroy', 'Force off'],
    ['reset', 'Reset'],
  ])('%s wants the name of the domain', async (action, label) => {
    tasks(aTask({ action: action as Task['action'] }));
    const { user } = openDomain(aDomain(), action);
    const question = await dialog();
    const confirm = within(question).getByRole('button', { name: label });
    const name = within(question).getByLabelText(/Type the name of the domain/);
    await user.type(name, 'web-2');
    expect(confirm).toBeDisabled();
    await user.clear(name);
    await user.type(name, 'web-1{Enter}');
    await waitFor(() => expect(api.sent('POST')).toHaveLength(1));
  });

  it('opened by a link while the action is refused says why and cannot be confirmed', async () => {
    openDomain(aDomain(), 'resume');
    const question = await dialog();
    expect(question).toHaveTextContent('running: not paused');
    expect(within(question).getByRole('button', { name: 'Resume' })).toBeDisabled();
  });

  it('is accessible', async () => {
    openDomain(aDomain(), 'destroy');
    expect(await accessibilityFaults(await dialog())).toEqual([]);
  });
});

describe('the options of a shutdown', () => {
  it('are sent when they were chosen; force wants a time and the name', async () => {
    tasks(aTask());
    const { user } = openDomain(aDomain({ driver: 'QEMU' }), 'shutdown');
    const question = await dialog();
    const send = within(question).getByRole('button', { name: 'Shut down' });
    await user.click(within(question).getByRole('checkbox', { name: /Force it off when the time is over/ }));
    const seconds = within(question).getByLabelText('Seconds the guest may take');
    expect(seconds).toHaveValue(90);
    await user.clear(seconds);
    expect(within(question).getByText('Force needs a time.')).toBeInTheDocument();
    await user.type(seconds, '30');
    expect(send).toBeDisabled();
    await user.type(within(question).getByLabelText(/Type the name of the domain/), 'web-1');
    expect(await accessibilityFaults(question)).toEqual([]);
    await user.click(send);
    await waitFor(() =>
      expect(api.sent('POST')).toMatchObject([
        { body: { action: 'shutdown', options: { timeoutSeconds: 30, thenForce: true } } },
      ]),
    );
  });

  it('have no force for whom the API does not let', async () => {
    const { allowedActions, refusedActions } = aDomain();
    const domain = aDomain({
      allowedActions: allowedActions.filter((action) => action !== 'destroy'),
      refusedActions: { ...refusedActions, destroy: 'needs the privilege force' },
    });
    openDomain(domain, 'shutdown');
    const force = within(await dialog()).getByRole('checkbox', { name: /Force it off/ });
    expect(force).toBeDisabled();
    expect(await dialog()).toHaveTextContent('needs the privilege force');
  });
});

describe('an action that was confirmed', () => {
  it('is sent once, about the run of the domain that was seen, and shows its true outcome', async () => {
    tasks(
      aTask(),
      aTask({
        state: 'succeeded',
        changed: true,
        result: { state: 'shutoff', reason: 'shutdown' },
        steps: [{ at: '2026-11-24T10:00:02.000Z', code: 'asked-by-agent', what: 'asked by the guest agent' }],
      }),
    );
    const { user } = openDomain(aDomain(), 'shutdown');
    await user.type(within(await dialog()).getByLabelText(/Reason/), 'patch day');
    await user.click(within(await dialog()).getByRole('button', { name: 'Shut down' }));
    expect(await screen.findByText('Done: Shut down. The domain is shutoff')).toBeInTheDocument();
    expect(await dialog()).toHaveTextContent('asked by the guest agent');
    const [request, ...others] = api.sent('POST');
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      route: 'operate',
      path: `/hosts/kvm1/domains/${UUID}/actions`,
      body: { action: 'shutdown', ifDomainId: 7, ifDomainName: 'web-1', reason: 'patch day' },
    });
    expect(request?.headers['Idempotency-Key']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('offers force when the guest did not react, and asks anew', async () => {
    const timedOut = aTask({
      state: 'timed_out',
      error: { code: 'VIREO_TASK_TIMED_OUT', message: 'the guest is still running' },
    });
    tasks(timedOut);
    const { user } = openDomain(aDomain(), 'shutdown');
    await user.click(within(await dialog()).getByRole('button', { name: 'Shut down' }));
    expect(await screen.findByText('The guest did not react. Force off?')).toBeInTheDocument();
    expect(await dialog()).toHaveTextContent('VIREO_TASK_TIMED_OUT');
    await user.click(screen.getByRole('button', { name: 'Force off …' }));
    expect(await dialog()).toHaveTextContent('Force off: web-1 on kvm1');
    expect(api.sent('POST')).toHaveLength(1);
  });

  it('stays open with detail, advice and code when it is refused', async () => {
    api.on('POST /hosts/kvm1/domains/*/actions', () => {
      // As in browsers: what is disabled loses the focus.
      (document.activeElement as HTMLElement).blur();
      throw problem('VIREO_DOMAIN_ID', 'web-1 has the id 8 now');
    });
    const { user } = openDomain(aDomain(), 'shutdown');
    await user.click(within(await dialog()).getByRole('button', { name: 'Shut down' }));
    const alert = await screen.findByText('Vireo did not accept it');
    expect(alert).toBeInTheDocument();
    for (const text of [
      'web-1 has the id 8 now',
      'Look at the domain again and decide anew.',
      'VIREO_DOMAIN_ID · request-1',
    ]) {
      expect(await dialog()).toHaveTextContent(text);
    }
    expect(await dialog()).toContainElement(document.activeElement as HTMLElement);
  });

  it('is repeated with the same key after an answer got lost', async () => {
    let lost = true;
    api.on('GET /tasks/*', aTask()).on('POST /hosts/kvm1/domains/*/actions', () => {
      if (lost) {
        lost = false;
        throw failure(0, {});
      }
      return aTask();
    });
    const { user } = openDomain(aDomain(), 'shutdown');
    await user.click(within(await dialog()).getByRole('button', { name: 'Shut down' }));
    await screen.findByText(/APP_NETWORK/);
    await user.click(within(await dialog()).getByRole('button', { name: 'Shut down' }));
    await screen.findByText('Accepted: Shut down waits for its turn');
    const keys = api.sent('POST').map(({ headers }) => headers['Idempotency-Key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });
});

describe('the buttons of a domain', () => {
  it('say why one is disabled', async () => {
    const { user } = openDomain();
    const start = await screen.findByRole('button', { name: 'Start' });
    expect(start).toHaveAttribute('aria-disabled', 'true');
    await user.hover(start);
    expect(await screen.findByText('running: nothing to start')).toBeInTheDocument();
  });

  it('are disabled for a viewer, who reads with the token that can only read', async () => {
    signIn('viewer');
    openDomain();
    for (const name of ['Shut down', 'Force off']) {
      expect(await screen.findByRole('button', { name })).toHaveAttribute('aria-disabled', 'true');
    }
    expect(new Set(api.requests.map(({ route }) => route))).toEqual(new Set(['v1']));
  });
});
