using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Addresses;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.KeyRing;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Access.Tokens;
using GpuGrants.Api.Codes;
using GpuGrants.Api.Contract;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Freezes;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Grants.Disputes;
using GpuGrants.Api.Grants.Freezing;
using GpuGrants.Api.Grants.Outages;
using GpuGrants.Api.Grants.Tokens;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Ledger.Proposals;
using GpuGrants.Api.Ledger.Transfers;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Notices;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Offers.Import;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Partners.Consents;
using GpuGrants.Api.People;
using GpuGrants.Api.People.Domains;
using GpuGrants.Api.People.Handover;
using GpuGrants.Api.People.Linking;
using GpuGrants.Api.People.Minors;
using GpuGrants.Api.People.Portals;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Metrics;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Providers;
using GpuGrants.Api.Quotas.Headroom;
using GpuGrants.Api.Quotas.Increases;
using GpuGrants.Api.Quotas.OrganizationLimits;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Api.Quotas.Proposals;
using GpuGrants.Api.Quotas.Simulations;
using GpuGrants.Api.Requests;
using GpuGrants.Api.Requests.GrantChanges;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Reviews;
using GpuGrants.Api.Store;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Terms;
using GpuGrants.Api.Usage;
using GpuGrants.Api.Webhooks;
using GpuGrants.Api.Webhooks.Dispatch;
using GpuGrants.Api.Webhooks.Egress;
using GpuGrants.Api.Webhooks.Managing;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace GpuGrants.Api.Hosting;

/// <summary>Puts the service together.</summary>
public static class Service
{
    /// <summary>A service on the given database.</summary>
    /// <param name="args">Command line configuration, such as <c>--Access:PublicUrl=…</c>.</param>
    /// <param name="connectionString">The database, migrated.</param>
    /// <param name="configure">Last changes, for tests: another clock.</param>
    public static WebApplication Build(string[] args, string connectionString, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }
        );
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit.DefaultBytes;
        });
        configure?.Invoke(builder);
        Settings.RefuseUnknown(builder.Configuration);
        Settings.Add(builder);
        AddStore(builder, connectionString);
        AddPipeline(builder.Services);
        AddHttp(builder);
        AddObservability(builder);
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddStore(WebApplicationBuilder builder, string connectionString)
    {
        var database = builder.Configuration.GetSection("Database").Get<DatabaseOptions>() ?? new DatabaseOptions();
        var timeout = builder.Configuration.GetValue("Pipeline:CommandTimeoutSeconds", new PipelineOptions().CommandTimeoutSeconds);
        builder.Services.TryAddSingleton(_ => Database.Open(connectionString, database, timeout));
        builder.Services.TryAddKeyedSingleton(
            Database.Pipeline,
            (_, _) =>
                Database.OpenPipeline(
                    connectionString,
                    database,
                    timeout,
                    builder.Configuration.GetValue("Pipeline:Shards", new PipelineOptions().Shards)
                )
        );
        GpuGrantsContext.Add(builder.Services);
        KeyRingStart.Add(builder.Services);
        builder.Services.AddSingleton<Cursor>();
    }

    private static void AddPipeline(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PipelineMetrics>();
        services.AddSingleton<PreparedCounters>();
        services.AddSingleton<BatchRunner>();
        services.AddSingleton<DecisionPipeline>();
        services.AddSingleton<Questions>();
        services.AddSingleton<PeriodSearches>();
        services.AddHostedService(provider => provider.GetRequiredService<DecisionPipeline>());
        services.AddSingleton<RequestValidator>();
        services.AddScoped<PinnedRequest>();
        services.AddScoped<IKeptRenderer, MadeRenderer>();
        services.AddScoped<IKeptRenderer, ChangedRenderer>();
        services.AddSingleton<HeadroomReader>();
        services.AddSingleton<ProgrammeRoots>();
        services.AddSingleton<LedgerSealer>();
        services.AddSingleton<LedgerStreams>();
        services.AddSingleton<SimulationTable>();
        services.AddSingleton<SimulationRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<SimulationRunner>());
        services.AddSingleton<FeedReader>();
        services.AddSingleton<FeedFollower>();
        services.AddSingleton<FeedPoller>();
        services.AddHostedService(provider => provider.GetRequiredService<FeedPoller>());
        services.AddSingleton<CallerAddresses>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<EgressGuard>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<DeliveryLog>();
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<WebhookTools>();
        services.AddSingleton<WebhookDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookDispatcher>());
        services.AddSingleton<FrozenGrants>();
        services.AddSingleton<Sweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<Sweeper>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    private static void AddHttp(WebApplicationBuilder builder)
    {
        var access = builder.Configuration.GetSection("Access").Get<AccessOptions>() ?? new AccessOptions();
        // The token server is put together from these before options are validated at start.
        if (new KeyedValidation<AccessOptions>("Access").Validate(null, access) is { Failed: true } wrong)
            throw new OptionsValidationException("Access", typeof(AccessOptions), wrong.Failures);
        var mail = builder.Configuration.GetSection("Mail").Get<MailOptions>() ?? new MailOptions();
        if (access.ConfirmedPrincipals.Length > 0 && mail.IsSet)
            throw new OptionsValidationException(
                "Access",
                typeof(AccessOptions),
                [$"Access:{nameof(AccessOptions.ConfirmedPrincipals)}: {AccessOptions.OnlyWithoutProof}"]
            );
        builder.Services.AddAccess(access);
        if (access.ExternalIssuer is null)
            builder.Services.AddSingleton<GrantTokens>();
        builder.Services.AddSingleton<IPostConfigureOptions<ForwardedHeadersOptions>, ForwardedFrom>();
        Cors.Add(builder.Services, builder.Configuration.GetSection("Cors").Get<CorsOptions>() ?? new CorsOptions());
        AddPeople(builder.Services);
        builder.Services.AddContract();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<ExportPlaces>();
        builder.Services.AddExceptionHandler<ProblemHandler>();
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        builder.Services.AddRouting(routing => routing.LowercaseUrls = true);
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database", tags: ["ready"]);
    }

    private static void AddPeople(IServiceCollection services)
    {
        services.AddSingleton<Outbox>();
        services.AddSingleton<MailTransport>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<MailWake>();
        services.AddSingleton<IRowWatcher>(provider => provider.GetRequiredService<MailWake>());
        services.AddSingleton<IRowWatcher>(provider => provider.GetRequiredService<CallerDirectory>());
        services.AddHostedService(provider => provider.GetRequiredService<MailSender>());
        services.AddSingleton<IdentityKey>();
        services.AddHostedService(provider => provider.GetRequiredService<IdentityKey>());
        services.AddSingleton<UnsubscribeLinks>();
        services.AddSingleton<NoticeOutbox>();
        services.AddSingleton<NoticeFollower>();
        services.AddHostedService(provider => provider.GetRequiredService<NoticeFollower>());
        services.AddSingleton<SignUpGate>();
        services.AddHostedService(provider => provider.GetRequiredService<SignUpGate>());
        services.AddSingleton<Proofs>();
        services.AddSingleton<DomainSignUps>();
        services.AddSingleton<CodeLimits>();
        services.AddSingleton<CodesOfPeople>();
        services.AddSingleton<CodeKey>();
        services.AddSingleton<CodeGuesses>();
        services.AddSingleton<ISignUpCodes, SignUpCodes>();
        services.AddSingleton<FirstTokens>();
        services.AddSingleton<DomainLimits>();
        services.AddSingleton<TxtRecords>();
    }

    private static void AddObservability(WebApplicationBuilder builder)
    {
        // It warns of keys that are not encrypted; the service's own warning says what to do about it.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // Spans cost each call some time, so none are made without a place to send them to.
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 })
            return;
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .WithTracing(tracing =>
                tracing.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsql().AddSource(PipelineMetrics.Name)
            )
            .WithMetrics(metrics =>
                metrics
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation()
                    .AddMeter(PipelineMetrics.Name)
                    .AddMeter("Npgsql")
            );
        builder.Logging.AddOpenTelemetry(logging => logging.IncludeFormattedMessage = true);
        OpenTelemetry.OpenTelemetryBuilderOtlpExporterExtensions.UseOtlpExporter(telemetry);
    }

    private static void Map(WebApplication app)
    {
        app.UseHead();
        app.UseRouting();
        app.UseForwardedHeaders();
        app.UseSafeHeaders(new Uri(app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.PublicUrl));
        app.UseExceptionHandler();
        Cors.Use(app, app.Services.GetRequiredService<IOptions<CorsOptions>>().Value);
        app.UseWhen(
            // The token server answers by its RFC, also when it has nothing to say.
            http => !http.Request.Path.StartsWithSegments(TokenServer.TokenPath),
            branch => branch.UseStatusCodePages()
        );
        app.MapContract();
        app.MapProblemPages();
        app.MapConsentPage();
        app.MapUnsubscribe();
        app.UseAccess();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false })
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
            .AllowAnonymous();
        app.MapHealthChecks(
                "/health/ready",
                new HealthCheckOptions
                {
                    Predicate = check => check.Tags.Contains("ready"),
                    ResultStatusCodes = { [HealthStatus.Degraded] = 503 },
                }
            )
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
            .AllowAnonymous();
        app.MapGet("/", () => Results.Redirect("/docs")).AllowAnonymous().ExcludeFromDescription();
        MapOpen(app);
        MapV1(app);
        ScopeRule.RequireOnAll(
            ((IEndpointRouteBuilder)app)
                .DataSources.SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Where(one => one.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal))
        );
    }

    /// <summary>What strangers may call, without a token.</summary>
    private static void MapOpen(WebApplication app)
    {
        var limits = app.Services.GetRequiredService<CodeLimits>();
        var open = app.MapGroup("/v1").AllowAnonymous();
        open.AddEndpointFilter(
            async (context, next) =>
            {
                limits.TakeCall(context.HttpContext);
                Rules.CheckAddress(context.HttpContext.Request);
                QueryParameters.Check(context.HttpContext);
                return await next(context);
            }
        );
        open.AddEndpointFilter(new RunAgain(app.Services.GetRequiredService<CallerDirectory>()));
        SignUpEndpoints.Map(open);
        RecoveryEndpoints.Map(open);
        TermsEndpoints.MapOpen(open);
        InvitationEndpoints.MapOpen(open);
        ConfirmationEndpoints.MapOpen(open);
        PartnerPeopleEndpoints.MapOpen(open);
    }

    private static void MapV1(WebApplication app)
    {
        var limits = app.Services.GetRequiredService<RateLimits>();
        var v1 = app.MapGroup("/v1").RequireAuthorization();
        v1.AddEndpointFilter(
            async (context, next) =>
            {
                limits.Take(context.HttpContext);
                Rules.CheckAddress(context.HttpContext.Request);
                QueryParameters.Check(context.HttpContext);
                return NotModified.Of(context.HttpContext, await next(context));
            }
        );
        v1.AddEndpointFilter(new ActingFor(app.Services.GetRequiredService<ConsentDirectory>()));
        v1.AddEndpointFilter(
            (context, next) =>
            {
                limits.TakeActing(context.HttpContext);
                return next(context);
            }
        );
        v1.AddEndpointFilter(
            new BodyFirst(app.Services.GetRequiredService<CallerDirectory>(), app.Services.GetRequiredService<TimeProvider>())
        );
        v1.AddEndpointFilter(new RunAgain(app.Services.GetRequiredService<CallerDirectory>()));
        v1.AddEndpointFilter(app.Services.GetRequiredService<CallerAddresses>());
        v1.AddEndpointFilter(new FirstAnswer());
        foreach (
            var map in (ReadOnlySpan<Action<RouteGroupBuilder>>)
                [
                    MeEndpoints.Map,
                    PrincipalEndpoints.Map,
                    ClientEndpoints.Map,
                    CallerAddressEndpoints.Map,
                    WaiverEndpoints.Map,
                    OrganizationEndpoints.Map,
                    VerificationEndpoints.Map,
                    DomainProofEndpoints.Map,
                    IdentityProofEndpoints.Map,
                    LinkEndpoints.Map,
                    HandoverEndpoints.Map,
                    ConfirmationEndpoints.Map,
                    SuspensionEndpoints.Map,
                    FreezeEndpoints.Map,
                    TermsEndpoints.Map,
                    InvitationEndpoints.Map,
                    ProjectEndpoints.Map,
                    LimitEndpoints.Map,
                    PartnerEndpoints.Map,
                    ConsentEndpoints.Map,
                    PartnerPeopleEndpoints.Map,
                    TrustEndpoints.Map,
                    ProgrammeEndpoints.Map,
                    CatalogueEndpoints.Map,
                    ProviderEndpoints.Map,
                    OfferEndpoints.Map,
                    ImportEndpoints.Map,
                    RequestEndpoints.Map,
                    QuoteEndpoints.Map,
                    CodeBatchEndpoints.Map,
                    RedemptionEndpoints.Map,
                    ReviewEndpoints.Map,
                    GrantEndpoints.Map,
                    GrantChangeEndpoints.Map,
                    MoveEndpoints.Map,
                    GrantTokenEndpoints.Map,
                    DisputeEndpoints.Map,
                    OutageEndpoints.Map,
                    UsageEndpoints.Map,
                    PolicyEndpoints.Map,
                    OverrideEndpoints.Map,
                    ChangeProposalEndpoints.Map,
                    HeadroomEndpoints.Map,
                    IncreaseEndpoints.Map,
                    SimulationEndpoints.Map,
                    LedgerEndpoints.Map,
                    StatementEndpoints.Map,
                    TransferExportEndpoints.Map,
                    TransferEndpoints.Map,
                    FundingEndpoints.Map,
                    ProposalEndpoints.Map,
                    FeedEndpoints.Map,
                    WebhookEndpoints.Map,
                    MailChoices.Map,
                    MailList.Map,
                    MailBounces.Map,
                ]
        )
            map(v1);
    }
}
