using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Providers;

/// <summary>A new provider, or a change, which keeps what it leaves out.</summary>
public sealed record ProviderBody
{
    public string? Name { get; init; }

    public string? Country { get; init; }

    [MayBeEmpty]
    public string? Website { get; init; }

    /// <summary>active, suspended or closed; only for a change, and for platform administrators.</summary>
    public string? Status { get; init; }
}

/// <summary>Who runs GPUs.</summary>
/// <param name="UpdatedAt">When it was changed last.</param>
public sealed record ProviderView(
    Guid Id,
    string Name,
    string Country,
    string? Website,
    string Status,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static ProviderView Of(Provider row) =>
        new(row.Id, row.Name, row.Country, row.Website, row.Status, row.Version, row.CreatedAt, row.UpdatedAt);
}

/// <summary>Providers and their operators.</summary>
public static class ProviderEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet(
                "/providers",
                async (HttpContext http, GpuGrantsContext db) =>
                    TypedResults.Json(await http.PageAsync(db.Set<Provider>(), ProviderView.Of), ApiJson.Options)
            )
            .RequireScope(Scopes.Read)
            .Says("listProviders", "List providers", "Everybody sees them.")
            .ListsByChange<ProviderView>();
        v1.MapGet("/providers/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getProvider", "Read a provider", "Everybody sees it.")
            .Answers<ProviderView>()
            .Refuses(404);
        // A method of HttpContext alone would count as a RequestDelegate, whose result nobody writes.
        v1.MapPost("/providers", (Delegate)CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ProviderBody>()
            .Idempotent()
            .Says("createProvider", "Add a provider", "Platform administrators add a provider, and then its operators. Its name is unique.")
            .Answers<ProviderView>(201)
            .Refuses(409);
        v1.MapPatch("/providers/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Provide)
            .TakesPatch<ProviderBody>()
            .Says(
                "updateProvider",
                "Change a provider",
                "Its operators change it. Only platform administrators who do not operate it rename it, or suspend it, which stops its "
                    + "offers at once."
            )
            .Answers<ProviderView>();
        v1.MapGet(
                "/providers/{id:guid}/operators",
                async (HttpContext http, GpuGrantsContext db, Guid id) =>
                {
                    await OperatedAsync(http, db, id);
                    return await Memberships.ListAsync(http, db, id, Roles.ProviderOperator);
                }
            )
            .RequireScope(Scopes.Provide)
            .Says("listProviderOperators", "List operators", "For the provider's operators.")
            .ListsByTime<MemberView>()
            .Refuses(404);
        v1.MapPost(
                "/providers/{id:guid}/operators",
                async (HttpContext http, GpuGrantsContext db, Guid id) =>
                {
                    await OperatedAsync(http, db, id);
                    return await Memberships.AddAsync(http, db, id, null, null, Roles.ProviderOperator);
                }
            )
            .RequireScope(Scopes.Provide)
            .Takes<MemberBody>()
            .Idempotent()
            .Says("addProviderOperator", "Add an operator", "For the provider's operators and platform administrators.")
            .Answers<MemberView>(201)
            .Refuses(404, 409);
        v1.MapDelete(
                "/providers/{id:guid}/operators/{principalId:guid}",
                async (HttpContext http, GpuGrantsContext db, Guid id, Guid principalId) =>
                {
                    await OperatedAsync(http, db, id);
                    return await Memberships.RemoveAsync(http, db, id, principalId, null, null, Roles.ProviderOperator);
                }
            )
            .RequireScope(Scopes.Provide)
            .Says("removeProviderOperator", "Remove an operator", "For the provider's operators and platform administrators.")
            .AnswersEmpty()
            .Refuses(404);
    }

    /// <summary>The provider, if the caller operates it.</summary>
    public static async Task<Provider> OperatedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Caller().Operates(id) ? row : throw Problem.Forbidden("Only the provider's operators may do this.");
    }

    private static async Task<Provider> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await db.Set<Provider>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted) ?? throw Problem.NotFound();

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Found(ProviderView.Of(row), row.Version);
    }

    private static async Task<IResult> CreateAsync(HttpContext http)
    {
        http.RequirePlatformAdministrator();
        var body = await http.BodyAsync(new Validator(isNew: true));
        return await OnceAsync(() =>
            http.RunAsync(
                new Change<Provider>
                {
                    Tree = TreeId.Platform,
                    Actor = http.Actor(),
                    Deciding = batch =>
                    {
                        var at = batch.Tree(TreeId.Platform).At;
                        var row = new Provider
                        {
                            Id = Guid.CreateVersion7(at),
                            Name = body.Name!,
                            Country = body.Country!,
                            Website = body.Website,
                            Status = "active",
                            Version = 1,
                            CreatedAt = at,
                            UpdatedAt = at,
                        };
                        batch.Rows<Provider>().Insert(row);
                        RecordEvent(batch, http.Actor(), row, OfferEvents.ProviderCreated);
                        return row;
                    },
                },
                row => Answer.Created($"/v1/providers/{row.Id}", ProviderView.Of(row), row.Version)
            )
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OperatedAsync(http, db, id);
        var patch = await http.PatchAsync(new Validator(isNew: false));
        if ((patch.Body.Status ?? patch.Body.Name) is not null && !http.Caller().IsPlatformAdministrator)
            throw Problem.Forbidden("Only platform administrators suspend or rename a provider. Ask one of them.");
        var decider = (patch.Body.Status ?? patch.Body.Name) is null ? null : http.Decider();
        return await OnceAsync(() =>
            http.RunAsync(
                new ChangeResource<Provider>
                {
                    Tree = TreeId.Platform,
                    RunsAlone = true,
                    Actor = http.Actor(),
                    Key = new RowKey(id),
                    ExpectedVersion = http.IfMatch(),
                    Planning = batch => decider?.Plan(batch),
                    Changing = (batch, row) =>
                        decider?.Refuse(batch, batch.Tree(TreeId.Platform).At, Party.Provider(id)) ?? Apply(batch, patch, row),
                    Recording = (batch, row) =>
                    {
                        decider?.Decided(batch, TreeId.Platform, id);
                        RecordEvent(batch, http.Actor(), row, OfferEvents.ProviderUpdated);
                    },
                },
                row => Answer.Ok(ProviderView.Of(row), row.Version)
            )
        );
    }

    /// <summary>Carries out a call that names a provider. The database knows which names are the same.</summary>
    /// <exception cref="ProblemException">Another provider has the name.</exception>
    private static async Task<IResult> OnceAsync(Func<Task<IResult>> call)
    {
        try
        {
            return await call();
        }
        catch (PostgresException failure)
            when (failure is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "providers_by_name" })
        {
            throw new ProblemException(
                Problem.Document(
                    409,
                    "name-taken",
                    "Another provider has this name, or one that looks the same. State another name.",
                    "name"
                )
            );
        }
    }

    private static Refusal? Apply(BatchState batch, MergePatch<ProviderBody> patch, Provider row)
    {
        row.Name = patch.Body.Name ?? row.Name;
        row.Country = patch.Body.Country ?? row.Country;
        row.Website = patch.Clears(nameof(ProviderBody.Website)) ? null : patch.Body.Website ?? row.Website;
        row.Status = patch.Body.Status ?? row.Status;
        batch.Tree(TreeId.Platform).MarkConfigChanged();
        return null;
    }

    private static void RecordEvent(BatchState batch, Actor actor, Provider row, EventType<ProviderData> type) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new ProviderData(row.Id, row.Status, row.Version));

    private sealed class Validator : AbstractValidator<ProviderBody>
    {
        public Validator(bool isNew)
        {
            RuleFor(body => body.Name).Name(200, required: isNew);
            RuleFor(body => body.Country).Country(required: isNew);
            RuleFor(body => body.Website)
                .Must(url =>
                    url is null
                    || (
                        VisibleText.Length(url) <= 500
                        && Rules.IsPrintable(url)
                        && Uri.TryCreate(url, UriKind.Absolute, out var uri)
                        && uri.Scheme is "https" or "http"
                    )
                )
                .WithMessage("State an http or https address of at most 500 characters.");
            RuleFor(body => body.Status).OneOf(["active", "suspended", "closed"], required: false);
        }
    }
}
