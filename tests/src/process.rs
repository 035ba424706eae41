mod runtime_api;

use std::{
    io::{BufRead, BufReader, PipeReader, pipe},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::watch, time::timeout};

use crate::local_cloud;
use runtime_api::RuntimeApi;

/// How long a function may take to answer; its invocation says the same.
const LIMIT: Duration = Duration::from_secs(60);

/// A process of a deployed function, invoked by the test in the place of AWS Lambda. Killed when
/// it is dropped.
#[derive(Debug)]
pub struct FunctionProcess {
    name: String,
    child: Mutex<Child>,
    api: RuntimeApi,
    output: Arc<Mutex<String>>,
    /// Whether the process has ended and all it wrote is in `output`.
    over: watch::Receiver<bool>,
}

/// Why an invocation has no answer.
#[derive(Debug)]
pub enum Ended {
    /// The function reported this error.
    Failed(Value),
    /// The function reported that it cannot start.
    NotStarted(Value),
    /// The process is no more.
    Died(ExitStatus),
}

impl FunctionProcess {
    /// Starts a function by the name of its folder with these environment variables, and those
    /// of the platform: it finds the local cloud as the test itself does.
    ///
    /// # Panics
    /// If it is not built.
    pub async fn start<'a>(
        name: &str,
        environment: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Self {
        let api = RuntimeApi::start().await;
        let (output, output_of_child) = pipe().expect("a pipe");
        let mut command = Command::new(bootstrap(name));
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON");
        for variable in
            ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
        {
            command.env(variable, local_cloud(variable));
        }
        command.envs(environment);
        command.stdin(Stdio::null());
        command.stdout(output_of_child.try_clone().expect("a pipe")).stderr(output_of_child);
        let child = command.spawn().expect("a function that starts");
        // It holds the other end of the pipe, which else would not end with the process.
        drop(command);
        let (output, over) = follow(output);
        Self { name: name.to_owned(), child: Mutex::new(child), api, output, over }
    }

    /// What the function answers to `event`; `Err` as soon as it is clear that it will not.
    ///
    /// # Panics
    /// If that takes a minute.
    pub async fn invoke(&self, event: &Value) -> Result<Value, Ended> {
        self.deliver(event, true).await
    }

    /// As [`invoke`](Self::invoke), but the platform does not take the answer: the function
    /// waits for that until it is killed, which then comes before its answer arrived.
    ///
    /// # Panics
    /// If it takes a minute.
    pub async fn invoke_unacknowledged(&self, event: &Value) -> Result<Value, Ended> {
        self.deliver(event, false).await
    }

    async fn deliver(&self, event: &Value, acknowledged: bool) -> Result<Value, Ended> {
        let answered = self.api.deliver(event, LIMIT, acknowledged);
        let outcome = async {
            tokio::select! {
                biased;
                Ok(outcome) = answered => outcome,
                () = self.until_over() => Err(match self.api.init_error() {
                    Some(error) => Ended::NotStarted(error),
                    None => Ended::Died(self.reap()),
                }),
            }
        };
        timeout(LIMIT, outcome).await.unwrap_or_else(|_| {
            panic!("{} has not answered within {LIMIT:?}: {}", self.name, self.logs())
        })
    }

    /// Ends the process as a power cut would, and waits until it is gone.
    pub async fn kill(&self) {
        // An error says that it has ended by itself.
        let _ = self.child().kill();
        self.until_over().await;
        self.reap();
    }

    /// Has the process do nothing until it is thawed, as the platform does with one between two
    /// invocations.
    ///
    /// # Panics
    /// If it has ended.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Has a frozen process go on, which sees that time has passed.
    ///
    /// # Panics
    /// If it has ended.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.child().id().to_string();
        // The shell's own, for not every machine has a program of that name.
        let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &pid]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "{} took no {name}", self.name);
    }

    /// What the process has written: after [`kill`](Self::kill) all of it, before that perhaps
    /// not the last lines.
    pub fn logs(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn until_over(&self) {
        // An error says that nobody reads its output any more, which is as well.
        let _ = self.over.clone().wait_for(|over| *over).await;
    }

    fn reap(&self) -> ExitStatus {
        self.child().wait().expect("a child that can be waited for")
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        let _ = self.child().kill();
        self.reap();
    }
}

/// Where `sam build` puts the program of a function.
fn bootstrap(name: &str) -> PathBuf {
    let words = name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    let logical_id = words.collect::<String>() + "Function";
    let program = PathBuf::from(local_cloud("FUNCTIONS_DIR")).join(logical_id).join("bootstrap");
    assert!(program.exists(), "{} is not built", program.display());
    program
}

/// Gathers what comes out of a pipe until its last writer is gone.
fn follow(pipe: PipeReader) -> (Arc<Mutex<String>>, watch::Receiver<bool>) {
    let output = Arc::new(Mutex::new(String::new()));
    let (ended, over) = watch::channel(false);
    let gathered = output.clone();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
            *gathered += &line;
            gathered.push('\n');
        }
        ended.send_replace(true);
    });
    (output, over)
}
