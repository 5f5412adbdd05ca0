import { addPoll, listPollsPage, removePoll } from './poll-pages.ts';
import { showSignIn, signOut, submitSignIn } from './sign-in-pages.ts';

/** The pages below `/admin` at every tenant's host. */
export const adminPages = [listPollsPage, addPoll, removePoll, showSignIn, submitSignIn, signOut];
