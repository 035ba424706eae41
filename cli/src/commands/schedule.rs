//! `pgfold schedule`

use std::env;

use serde_json::{json, value::to_raw_value};

use crate::{
    api::{Api, Asked},
    arguments::{Create, Global, Schedule, ScheduleCommand},
    commands::{
        conditions::conditions,
        find,
        plan::{check_names, planned, warn},
        write::write,
    },
    document::Document,
    error::{Error, Result},
    exit::Exit,
    output, render,
    schedules::{Deployment, NewSchedule, Schedules},
};

pub(crate) async fn schedule(global: &Global, schedule: &Schedule) -> Result<Exit> {
    let directory = env::current_dir().unwrap_or_default();
    let deadline = global.deadline();
    let deployment = Deployment::find(schedule.stack.as_deref(), global, &directory, deadline)?;
    let schedules = Schedules::new(deployment, deadline).await?;
    match &schedule.command {
        ScheduleCommand::Create(new) => {
            let api = find::api(global, &directory, deadline).await?;
            create(&api, &schedules, global.json, new).await
        }
        ScheduleCommand::List => list(&schedules, global.json).await,
        ScheduleCommand::Delete { name } => {
            let document = schedules.delete(name).await?;
            write(global.json, &document, || format!("deleted {name}\n"))?;
            Ok(Exit::Done)
        }
    }
}

/// Creates a schedule. Its job is planned first, so that one that the server would refuse is refused
/// now and not in the night.
async fn create(api: &Api, schedules: &Schedules, json: bool, new: &Create) -> Result<Exit> {
    let job = &new.job;
    if !job.is_computed() {
        let why = "a schedule says what to compute: give --kernel or --compute";
        return Err(Error::Usage(why.to_owned()));
    }
    let Some(expression) = new.expression() else {
        return Err(Error::Usage("give one of --cron, --rate and --at".to_owned()));
    };
    check_names(job)?;
    let files = job.files.asked(None)?;
    let filter = conditions(api, job).await?;
    let (_, plan) = planned(api, job, files, &filter).await?;
    warn(&plan.warnings);
    let body = to_raw_value(&Asked { job, filter: &filter, files })
        .map_err(|error| Error::Usage(format!("the job cannot be written as JSON: {error}")))?;
    let new = NewSchedule {
        name: &new.name,
        expression,
        time_zone: &new.time_zone,
        is_disabled: new.disabled,
        job: body,
    };
    let document = schedules.create(&new).await?;
    write(json, &document, || render::created(&new, schedules.group(), &plan))?;
    Ok(Exit::Done)
}

async fn list(schedules: &Schedules, json: bool) -> Result<Exit> {
    let listed = schedules.list().await?;
    let document = Document::from(json!({ "schedules": listed }));
    write(json, &document, || render::schedules(&listed, output::width()))?;
    Ok(Exit::Done)
}
