//! Single records by their number, read over a connection that a thread's requests share: sent one behind the other
//! without waiting for the answers, so that many reads wake the thread and the server once.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Error, Statement};

use super::declarations::{STORED_COLUMNS, Unreadable, of_row};
use super::pool::{ConnectError, WAIT, connect, is_lost};
use crate::domain::declaration::Declaration;
use crate::domain::number::Number;

/// One thread's connection for reading records. It connects when it is first needed, and again when it was lost.
pub struct Records {
    url: String,
    line: RefCell<Option<Rc<Line>>>,
    /// Held by whoever connects; the others wait for his connection.
    connecting: Mutex<()>,
}

/// A connection with its statement.
struct Line {
    client: Client,
    find: Statement,
    driving: JoinHandle<Result<(), Error>>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driving.abort();
    }
}

/// Why a record was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Somebody else is connecting, for too long to wait.
    #[error("there was no connection in time")]
    Busy,
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database gave up, or went away.
    #[error("the database did not answer")]
    Database(#[from] Error),
    /// The row holds no declaration.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Records {
    /// Records of the database at `url`.
    #[must_use]
    pub const fn new(url: String) -> Self {
        Self { url, line: RefCell::new(None), connecting: Mutex::const_new(()) }
    }

    /// The declaration with this number, if there is one. A connection that turns out to be lost is replaced, once: a read may be
    /// done again.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn find(&self, number: Number) -> Result<Option<Declaration>, ReadError> {
        let line = self.line().await?;
        let found = match line.find(number).await {
            Err(error) if is_lost(&error) => {
                self.hang_up(&line);
                self.line().await?.find(number).await
            }
            found => found,
        };
        Ok(found?.map(|row| of_row(&row)).transpose()?.transpose()?)
    }

    /// The connection, opened if there is none that holds.
    async fn line(&self) -> Result<Rc<Line>, ReadError> {
        if let Some(line) = self.open_line() {
            return Ok(line);
        }
        // With what connecting may take itself, an answer within 5 s, however many wait.
        let _connecting = timeout(WAIT, self.connecting.lock()).await.map_err(|_| ReadError::Busy)?;
        if let Some(line) = self.open_line() {
            return Ok(line);
        }
        let (client, driving) = connect(&self.url).await?;
        let find = client.prepare(&format!("select {STORED_COLUMNS} from declarations where number = $1")).await?;
        let line = Rc::new(Line { client, find, driving });
        self.line.replace(Some(Rc::clone(&line)));
        Ok(line)
    }

    fn open_line(&self) -> Option<Rc<Line>> {
        self.line.borrow().as_ref().filter(|line| !line.client.is_closed()).map(Rc::clone)
    }

    /// Gives `line` up, unless another has taken its place already.
    fn hang_up(&self, line: &Rc<Line>) {
        let mut present = self.line.borrow_mut();
        if present.as_ref().is_some_and(|present| Rc::ptr_eq(present, line)) {
            *present = None;
        }
    }
}

impl Line {
    async fn find(&self, number: Number) -> Result<Option<tokio_postgres::Row>, Error> {
        self.client.query_opt(&self.find, &[&number.as_i64()]).await
    }
}
