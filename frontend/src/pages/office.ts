/** The second file of the program: every page of the office. Nothing that a wall needs may stand in it alone. */
import AdmissionsPage from "./admissions";
import AlarmsPage from "./alarms";
import AuditPage from "./audit";
import ChecksPage from "./checks";
import EventsPage from "./events";
import PeoplePage from "./people";
import SourcesPage from "./sources";
import AccountPage from "./account";
import EmergencyPage from "./emergency";
import PairPage from "./pair";
import SecondFactorPage from "./second";
import SystemPage from "./system";

export const OFFICE = {
  alarms: AlarmsPage,
  events: EventsPage,
  admissions: AdmissionsPage,
  sources: SourcesPage,
  people: PeoplePage,
  audit: AuditPage,
  checks: ChecksPage,
  system: SystemPage,
  account: AccountPage,
  emergency: EmergencyPage,
  pair: PairPage,
  second: SecondFactorPage,
} as const;
