using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>Who one is.</summary>
public sealed record MeView
{
    public required Guid PrincipalId { get; init; }

    public required string ClientId { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<RoleView> Roles { get; init; }

    /// <summary>The person that the principal is; null for a program, and for whom an administrator added.</summary>
    public PersonView? Person { get; init; }
}

/// <summary>Changes of a person, which keep what they leave out.</summary>
public sealed record MePatch
{
    public string? Name { get; init; }

    /// <summary>The language of mail: en or ko.</summary>
    public string? Language { get; init; }

    /// <summary>The year of your birth; it changes only to a later one. State it or ofAge.</summary>
    public int? BirthYear { get; init; }

    /// <summary>True when you are of age; then no year is kept.</summary>
    public bool? OfAge { get; init; }
}

/// <summary>The caller's own person: reading, changing and erasing it.</summary>
public static class MeEndpoints
{
    /// <summary>Every kind of client: a person is one whatever the client is for.</summary>
    private static readonly string[] Any = [Scopes.Request, Scopes.Review, Scopes.Provide, Scopes.Administer];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/me", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getMe", "Read who you are", "Shows your principal, your client's scopes, your roles, and you if you are a person.")
            .Answers<MeView>();
        v1.MapPatch("/me", PatchAsync)
            .RequireScope(Any)
            .TakesPatch<MePatch>()
            .Says(
                "updateMe",
                "Change your name, language or age",
                "For people who signed up. The ETag is that of the person's version. Another address has to be proved: "
                    + "POST /v1/me/email-changes."
            )
            .Answers<PersonView>();
        v1.MapDelete("/me", EraseAsync)
            .RequireScope(Any)
            .Says(
                "eraseMe",
                "Erase yourself",
                "For people who signed up. Your name and address go, your roles and clients end, and organizations that you alone own are "
                    + "closed. 409 while one of them has open grants or requests. If you return, you keep your id, limits and suspensions."
            )
            .AnswersEmpty()
            .Refuses(409);
        EmailChangeEndpoints.Map(v1, Any);
    }

    /// <summary>The caller's person.</summary>
    /// <exception cref="ProblemException">The caller is no person who signed up.</exception>
    internal static async Task<PersonRow> PersonAsync(HttpContext http, GpuGrantsContext db)
    {
        var id = http.Caller().PrincipalId;
        return await db.Set<PersonRow>().FirstOrDefaultAsync(row => row.Id == id && row.Status == PersonRow.Active, http.RequestAborted)
            ?? throw new ProblemException(
                Problem.Document(
                    409,
                    "no-person",
                    "You are no person who signed up: an administrator added you, or you are a program. Ask the administrator."
                )
            );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var person = await db.Set<PersonRow>()
            .FirstOrDefaultAsync(row => row.Id == caller.PrincipalId && row.Status == PersonRow.Active, http.RequestAborted);
        return TypedResults.Json(
            new MeView
            {
                PrincipalId = caller.PrincipalId,
                ClientId = caller.ClientId,
                Scopes = [.. caller.Scopes.Order(StringComparer.Ordinal)],
                Roles = [.. caller.RoleAssignments.Select(one => new RoleView(one.Role, one.ResourceId))],
                Person = person is null ? null : PersonView.Of(person),
            },
            ApiJson.Options
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db)
    {
        var person = await PersonAsync(http, db);
        var body = (await http.PatchAsync(new PatchValidator())).Body;
        return await http.RunAsync(
            new ChangeResource<PersonRow>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Key = new RowKey(person.Id),
                ExpectedVersion = http.IfMatch(),
                Changing = (batch, row) =>
                {
                    if (row.Status != PersonRow.Active)
                        return Refusal.NotFound;
                    if (AgeRules.State(batch, row, body.BirthYear, body.OfAge) is { } stated)
                        return stated;
                    row.Name = body.Name ?? row.Name;
                    row.Language = body.Language ?? row.Language;
                    return null;
                },
                Recording = (batch, row) => NewPerson.RecordEvent(batch, row.Id, PersonEvents.Updated),
            },
            row => Answer.Ok(PersonView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> EraseAsync(HttpContext http, GpuGrantsContext db)
    {
        var person = await PersonAsync(http, db);
        return await http.RunAsync(
            new ErasePerson
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                // Alone: in no other tree is anything granted to an organization that closes with its person.
                RunsAlone = true,
                PersonId = person.Id,
            },
            _ => Answer.NoContent()
        );
    }

    private sealed class PatchValidator : AbstractValidator<MePatch>
    {
        public PatchValidator()
        {
            RuleFor(body => body.Name).Name(200, required: false);
            RuleFor(body => body.Language).OneOf(PeopleRules.Languages, required: false);
            RuleFor(body => body.BirthYear).BirthYear();
            RuleFor(body => body.OfAge).OfAge(body => body.BirthYear);
        }
    }
}
