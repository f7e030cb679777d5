using System.Text.Json;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>Trying a policy on past requests before it is published.</summary>
public static class SimulationEndpoints
{
    private static readonly TimeSpan MaxPast = TimeSpan.FromDays(3_660);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/quota-policies/{id:guid}/simulate", StartAsync)
            .RequireScope(Scopes.Administer)
            .Takes<SimulateBody>()
            .Idempotent()
            .Says(
                "simulateQuotaPolicy",
                "Try a policy on past requests",
                "Decides the requests of a past period by a document, a stored version or the draft. It changes nothing and "
                    + "runs in the background: 202 with its address."
            )
            .Answers<SimulationView>(202)
            .Refuses(404, 409);
        v1.MapGet("/quota-simulations", ListAsync)
            .RequireScope(Scopes.Administer)
            .Says("listQuotaSimulations", "List simulations", "Lists simulations of policies that you administer, newest first.")
            .ListsByTime<SimulationView>("policyId");
        v1.MapGet("/quota-simulations/{id:guid}", GetAsync)
            .RequireScope(Scopes.Administer)
            .Says(
                "getQuotaSimulation",
                "Read a simulation's progress",
                "Shows the facts read so far and in all, and whether it is done or failed."
            )
            .Answers<SimulationView>()
            .Refuses(404);
        v1.MapGet("/quota-simulations/{id:guid}/result", ResultAsync)
            .RequireScope(Scopes.Administer)
            .Exports()
            .Asks("format", "bom")
            .Says(
                "getQuotaSimulationResult",
                "Download a simulation's result",
                "Shows verdicts, GPU-hours by kind, changed verdicts with their rules, credits by day and Jain's index, next "
                    + "to what happened. JSON, or CSV with format=csv or Accept: text/csv."
            )
            .Answers<SimulationResult>()
            .Refuses(404, 409);
        v1.MapDelete("/quota-simulations/{id:guid}", DeleteAsync)
            .RequireScope(Scopes.Administer)
            .Says(
                "deleteQuotaSimulation",
                "Cancel and delete a simulation",
                "The simulation stops if it still runs, and its result is deleted."
            )
            .AnswersEmpty()
            .Refuses(404);
    }

    private const int MaxTries = 20;

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (policy, zone) = await PolicyEndpoints.AdministeredAsync(http, db, id);
        var body = await http.BodyAsync(new SimulateBodyValidator());
        var now = http.Now();
        var (from, to) = Period(body, now);
        var (document, version) = await TextAsync(http, db, policy, zone, body);
        var result = await InFreePlaceAsync(
            http,
            db,
            id,
            place =>
                http.RunAsync(
                    new Change<QuotaSimulationRow>
                    {
                        Tree = TreeId.Of(policy.RootProgrammeId),
                        Actor = http.Actor(),
                        Deciding = batch =>
                        {
                            if (place is not { } free)
                                return TooMany(MaxOpen(http));
                            var row = NewRow(
                                batch.Tree(TreeId.Of(policy.RootProgrammeId)),
                                policy,
                                version,
                                document,
                                from,
                                to,
                                http.Actor()
                            );
                            row.Place = free;
                            batch.Rows<QuotaSimulationRow>().Insert(row);
                            return row;
                        },
                    },
                    row => Answer.Accepted($"/v1/quota-simulations/{row.Id}", SimulationView.Of(row))
                )
        );
        http.RequestServices.GetRequiredService<SimulationRunner>().Wake();
        return result;
    }

    /// <summary>
    /// Runs the call with a free place of the policy's, null when all are taken; again with another when somebody else took it at the same
    /// moment.
    /// </summary>
    private static async Task<IResult> InFreePlaceAsync(HttpContext http, GpuGrantsContext db, Guid policy, Func<int?, Task<IResult>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            var taken = await db.Set<QuotaSimulationRow>()
                .Where(row => row.PolicyId == policy && (row.Status == "waiting" || row.Status == "running"))
                .Select(row => row.Place)
                .ToListAsync(http.RequestAborted);
            var free = Enumerable.Range(1, MaxOpen(http)).Except(taken).Select(place => (int?)place).FirstOrDefault();
            try
            {
                return await call(free);
            }
            catch (PostgresException race)
                when (race is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "quota_simulations_places" }
                    && attempt < MaxTries
                )
            {
                // The next look sees what the other has taken.
            }
        }
    }

    private static int MaxOpen(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<SimulationOptions>>().Value.MaxOpenPerPolicy;

    private static Refusal TooMany(int most) =>
        Refusal.Conflict("too-many-simulations", $"A policy has at most {most} open simulations. Wait until one ends, or delete one.");

    private static async Task<IResult> DeleteAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await FindAsync(http, db, id);
        return await http.RunAsync(
            new Change<QuotaSimulationRow>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                Planning = batch => batch.Rows<QuotaSimulationRow>().Want(new RowKey(seen.RootProgrammeId, id)),
                Deciding = batch =>
                {
                    if (batch.Rows<QuotaSimulationRow>().Find(new RowKey(seen.RootProgrammeId, id)) is not { } row)
                        return Refusal.NotFound;
                    // Its worker notices at its next heartbeat that it is gone.
                    batch.Rows<QuotaSimulationRow>().Delete(row);
                    return row;
                },
            },
            _ => Answer.NoContent()
        );
    }

    private static (DateTimeOffset From, DateTimeOffset To) Period(SimulateBody body, DateTimeOffset now)
    {
        if (body.From is not { } from || from < now - MaxPast)
            throw Problem.Invalid("from", SimulateBodyValidator.FromRule);
        var to = body.To ?? now;
        if (to <= from)
            throw Problem.Invalid("to", "State an end after the beginning.");
        return to <= now ? (from, to) : throw Problem.Invalid("to", "Only the past can be tried. State a past moment, or leave it out.");
    }

    private static async Task<(string Document, int? Version)> TextAsync(
        HttpContext http,
        GpuGrantsContext db,
        QuotaPolicy policy,
        string zone,
        SimulateBody body
    )
    {
        if (body.Document is not null && body.Version is not null)
            throw Problem.Invalid("version", "State a document or a version, not both.");
        if (body.Document is { } document)
            return (PolicyCheck.Check(document, zone), null);
        var stored = await db.Set<QuotaPolicyVersion>()
            .AsNoTracking()
            .FirstOrDefaultAsync(
                row => row.PolicyId == policy.Id && (body.Version == null ? row.Status == "draft" : row.Number == body.Version),
                http.RequestAborted
            );
        if (stored is not null)
            return (stored.Document, stored.Number);
        throw body.Version is null
            ? new ProblemException(
                Problem.Document(409, "no-draft", "There is no draft to try. Write one, or state a document or a version.")
            )
            : Problem.Invalid("version", "The policy has no such version.");
    }

    private static QuotaSimulationRow NewRow(
        TreeChanges tree,
        QuotaPolicy policy,
        int? version,
        string document,
        DateTimeOffset from,
        DateTimeOffset to,
        Actor actor
    ) =>
        new()
        {
            RootProgrammeId = policy.RootProgrammeId,
            Id = Guid.CreateVersion7(tree.At),
            PolicyId = policy.Id,
            VersionNumber = version,
            Document = document,
            FromAt = from,
            ToAt = to,
            CreatedBy = actor.PrincipalId,
            ClientId = actor.ClientId,
            CreatedAt = tree.At,
        };

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        return TypedResults.Json(
            await http.PageAsync(Visible(db, http.Caller()).OnlyIds(http, "policyId", row => row.PolicyId), SimulationView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        TypedResults.Json(SimulationView.Of(await FindAsync(http, db, id)), ApiJson.Options);

    private static async Task ResultAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var csv = http.WantsCsv();
        if (row.Result is null)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "simulation-not-done",
                    $"The simulation is {row.Status}. Read its progress at /v1/quota-simulations/{id}.",
                    "status"
                )
            );
        var result = JsonSerializer.Deserialize<SimulationResult>(row.Result, ApiJson.Options)!;
        if (csv)
            await http.WriteCsvAsync($"simulation-{id}.csv", SimulationFigure.All(result).ToAsyncEnumerable());
        else
            await http.Response.WriteAsJsonAsync(result, ApiJson.Options);
    }

    /// <summary>Of policies that the caller administers: drafts show what is only planned.</summary>
    private static IQueryable<QuotaSimulationRow> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<QuotaSimulationRow>();
        var administered = caller.With(Roles.ProgrammeAdministrator);
        return db.Set<QuotaSimulationRow>()
            .Where(row =>
                db.Set<QuotaPolicy>()
                    .Any(policy =>
                        policy.Id == row.PolicyId
                        && db.Set<Programme>()
                            .Any(programme => programme.Id == policy.ProgrammeId && programme.Path.Any(one => administered.Contains(one)))
                    )
            );
    }

    private static async Task<QuotaSimulationRow> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();
}
