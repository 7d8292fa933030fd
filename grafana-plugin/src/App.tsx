// SPDX-License-Identifier: Apache-2.0
// The pages of the app, each loaded when it is opened, around one store and one event stream.

import { hasPermission } from '@grafana/runtime';
import { ErrorBoundaryAlert } from '@grafana/ui';
import React, { lazy, Suspense, useState } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import { ApiProvider } from './api/live';
import { appError } from './api/problem';
import { createQueryClient } from './api/queries';
import { Failed, Loading } from './components/States';
import { PERMISSIONS } from './constants';
import { fleetUrl, ROUTES } from './urls';

const FleetPage = lazy(async () => ({ default: (await import('./pages/fleet/FleetPage')).FleetPage }));
const HostPage = lazy(async () => ({ default: (await import('./pages/host/HostPage')).HostPage }));
const DomainsPage = lazy(async () => ({ default: (await import('./pages/domains/DomainsPage')).DomainsPage }));
const DomainPage = lazy(async () => ({ default: (await import('./pages/domain/DomainPage')).DomainPage }));
const OpenPage = lazy(async () => ({ default: (await import('./pages/open/OpenPage')).OpenPage }));
const TasksPage = lazy(async () => ({ default: (await import('./pages/tasks/TasksPage')).TasksPage }));

/** The root page. */
export function App() {
  const [client] = useState(createQueryClient);
  // Grafana hides the pages in its menu; who follows a link learns why there is nothing.
  if (!hasPermission(PERMISSIONS.read)) {
    return <Failed error={appError('APP_FORBIDDEN', 403)} />;
  }
  return (
    <ErrorBoundaryAlert>
      <ApiProvider client={client}>
        <Suspense fallback={<Loading />}>
          <Pages />
        </Suspense>
      </ApiProvider>
    </ErrorBoundaryAlert>
  );
}

/** What each address shows. */
export function Pages() {
  return (
    <Routes>
      <Route path={ROUTES.fleet} element={<FleetPage />} />
      <Route path={ROUTES.host} element={<HostPage />} />
      <Route path={ROUTES.domains} element={<DomainsPage />} />
      <Route path={ROUTES.domain} element={<DomainPage />} />
      <Route path={ROUTES.open} element={<OpenPage />} />
      <Route path={ROUTES.tasks} element={<TasksPage />} />
      <Route path="*" element={<Navigate replace to={fleetUrl()} />} />
    </Routes>
  );
}
