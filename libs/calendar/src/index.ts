export { chinaCalendar, parsePublishedDays, type PublishedDay } from './china.js';
export { calendarOf } from './country.js';
export { DeadlineClock, type Pause, type WorkingDayDeadline } from './deadlines.js';
export { dueInMonth, dueInQuarter, moveDueDate, type NonWorkingDayRule } from './due-dates.js';
export {
  isoWeekday,
  WorkCalendar,
  type CalendarSource,
  type WorkingDay,
  type WorkingDayCount,
  type YearSchedule,
} from './work-calendar.js';
