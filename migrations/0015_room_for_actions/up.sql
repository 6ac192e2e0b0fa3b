-- A declaration sees a dozen actions. Where its page has room for the row's next form, an action touches no index; at 85
-- in a hundred a page had none for a row of a kilobyte. What is there already keeps its place until it is next written.
alter table declarations set (fillfactor = 70);
