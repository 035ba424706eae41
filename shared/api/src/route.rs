use std::fmt;

/// A route of the API. The template has each; a test compares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// Whether the API answers.
    Health,
    /// The same without a body.
    HealthHead,
    /// The description of the API.
    OpenApi,
    /// The page that shows the jobs.
    Dashboard,
    /// The same without a body.
    DashboardHead,
    /// What can be computed.
    Kernels,
    /// What jobs may read.
    Sources,
    /// Submits a job of the kernel `min_distance`.
    SubmitMinDistance,
    /// The result of a job of the kernel `min_distance`.
    MinDistanceResult,
    /// Lists jobs.
    ListJobs,
    /// Submits a job.
    SubmitJob,
    /// Shows a job.
    ShowJob,
    /// Cancels a job.
    CancelJob,
    /// Sends the missing chunks of a job again.
    RetryJob,
}

/// An HTTP method of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are HTTP's")]
pub enum Method {
    Get,
    Head,
    Post,
    Delete,
}

impl Method {
    /// The method's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// The function that serves a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Submits jobs, and describes what they may read.
    Submit,
    /// Returns results.
    Result,
    /// Everything else.
    Jobs,
}

impl Function {
    /// The function's name, that of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Result => "result",
            Self::Jobs => "jobs",
        }
    }
}

/// The parameter of a path that names a job.
const TASK_ID: &str = "{task_id}";

impl Route {
    /// Every route, in the order in which the description has them.
    pub const ALL: [Self; 14] = [
        Self::Health,
        Self::HealthHead,
        Self::OpenApi,
        Self::Dashboard,
        Self::DashboardHead,
        Self::Kernels,
        Self::Sources,
        Self::SubmitMinDistance,
        Self::MinDistanceResult,
        Self::ListJobs,
        Self::SubmitJob,
        Self::ShowJob,
        Self::CancelJob,
        Self::RetryJob,
    ];

    /// The method, the path as API Gateway writes it, and the function.
    const fn parts(self) -> (Method, &'static str, Function) {
        match self {
            Self::Health => (Method::Get, "/", Function::Jobs),
            Self::HealthHead => (Method::Head, "/", Function::Jobs),
            Self::OpenApi => (Method::Get, "/openapi.json", Function::Jobs),
            Self::Dashboard => (Method::Get, "/dashboard", Function::Jobs),
            Self::DashboardHead => (Method::Head, "/dashboard", Function::Jobs),
            Self::Kernels => (Method::Get, "/kernels", Function::Jobs),
            Self::Sources => (Method::Get, "/sources", Function::Submit),
            Self::SubmitMinDistance => (Method::Post, "/compute_min_distance", Function::Submit),
            Self::MinDistanceResult => {
                (Method::Get, "/get_min_distance/{task_id}", Function::Result)
            }
            Self::ListJobs => (Method::Get, "/tasks", Function::Jobs),
            Self::SubmitJob => (Method::Post, "/tasks", Function::Submit),
            Self::ShowJob => (Method::Get, "/tasks/{task_id}", Function::Jobs),
            Self::CancelJob => (Method::Delete, "/tasks/{task_id}", Function::Jobs),
            Self::RetryJob => (Method::Post, "/tasks/{task_id}/retry", Function::Jobs),
        }
    }

    /// The method.
    pub const fn method(self) -> Method {
        self.parts().0
    }

    /// The path as API Gateway writes it: `/tasks/{task_id}`.
    pub const fn path(self) -> &'static str {
        self.parts().1
    }

    /// The function that serves the route.
    pub const fn function(self) -> Function {
        self.parts().2
    }

    /// Returns the route of a request with this method and path, to which a stage or a custom
    /// domain may have added a prefix. `task_id` is the path's parameter as API Gateway found it,
    /// if it found one.
    ///
    /// ```
    /// use pgfold_api::Route;
    ///
    /// assert_eq!(Route::find("GET", "/prod/tasks", None), Some(Route::ListJobs));
    /// assert_eq!(Route::find("GET", "/tasks/agg_7", Some("agg_7")), Some(Route::ShowJob));
    /// assert_eq!(Route::find("PATCH", "/tasks/agg_7", Some("agg_7")), None);
    /// ```
    pub fn find(method: &str, path: &str, task_id: Option<&str>) -> Option<Self> {
        let of_method = Self::ALL.into_iter().filter(|route| route.method().name() == method);
        let found = of_method.filter_map(|route| Some((route.place(path, task_id)?, route)));
        found.max_by_key(|(place, _)| *place).map(|(_, route)| route)
    }

    /// Returns where in a path this route begins, if the path ends with it.
    fn place(self, path: &str, task_id: Option<&str>) -> Option<usize> {
        match (self.path().split_once(TASK_ID), task_id) {
            (Some((before, after)), Some(task_id)) => {
                let path = path.strip_suffix(after)?;
                let place = path.rfind(before)?;
                // Its escapes may be decoded here, and then it may have a slash.
                let id = &path[place + before.len()..];
                (id == task_id || !id.contains('/')).then_some(place)
            }
            // The end of its path is whatever the API is mounted below.
            (None, None) if self.path() == "/" => Some(0),
            (None, None) => path.strip_suffix(self.path()).map(|prefix| prefix.len() + 1),
            _ => None,
        }
    }
}

impl fmt::Display for Route {
    /// The key of the route at API Gateway: `GET /tasks/{task_id}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method().name(), self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_by_its_method_and_path_below_any_prefix() {
        for route in Route::ALL {
            let task_id = route.path().contains(TASK_ID).then_some("agg_7");
            for prefix in ["", "/prod", "/tasks", "/a/dashboard"] {
                let path = format!("{prefix}{}", route.path().replace(TASK_ID, "agg_7"));
                let found = Route::find(route.method().name(), &path, task_id);
                assert_eq!(found, Some(route), "{path}");
            }
        }
    }

    #[test]
    fn a_method_that_a_path_does_not_have_is_no_route() {
        for (method, path, task_id) in [
            ("PUT", "/tasks/agg_7", Some("agg_7")),
            ("PATCH", "/tasks/agg_7/retry", Some("agg_7")),
            ("GET", "/tasks/agg_7/retry", Some("agg_7")),
            ("POST", "/tasks/agg_7", Some("agg_7")),
            ("DELETE", "/tasks", None),
            ("HEAD", "/tasks", None),
            ("POST", "/", None),
            ("get", "/tasks", None),
        ] {
            let found = Route::find(method, path, task_id);
            assert!(
                matches!(found, None | Some(Route::Health | Route::HealthHead)),
                "{method} {path}: {found:?}"
            );
        }
    }

    #[test]
    fn an_id_may_have_any_characters() {
        for id in ["", "a/b", "retry", "tasks"] {
            let path = format!("/tasks/{id}");
            assert_eq!(Route::find("GET", &path, Some(id)), Some(Route::ShowJob), "{id:?}");
        }
    }
}
