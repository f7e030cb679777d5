using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.People;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Notices;

/// <summary>An address that returned a mail.</summary>
public sealed record BounceBody
{
    /// <summary>The address to which the mail went.</summary>
    public string? Email { get; init; }
}

/// <summary>
/// Takes reports of mail that a server accepted first and returned later. The service reads no mailbox: a mail service's hook, or a
/// program that reads the mailbox of returns, reports it.
/// </summary>
public static class MailBounces
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/mails/bounces", ReportAsync)
            .RequireScope(Scopes.Administer)
            .Takes<BounceBody>()
            .Says(
                "reportBounce",
                "Report an address that returns mail",
                "For platform administrators, and their programs that hear of returned mail. Whoever has the address gets no more notices "
                    + "until they confirm an address again. The answer is the same when nobody has it."
            )
            .AnswersEmpty();

    private static async Task<IResult> ReportAsync(HttpContext http, GpuGrantsContext db, IdentityKey key)
    {
        http.RequirePlatformAdministrator();
        var body = await http.BodyAsync(new Validator());
        var hash = key.Of(EmailAddress.Parse(body.Email)!);
        var person = await db.Set<Identity>()
            .Where(row => row.Hash == hash && row.Until == null)
            .Select(row => (Guid?)row.PersonId)
            .FirstOrDefaultAsync(http.RequestAborted);
        return await http.RunAsync(
            new Change<bool>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    if (person is { } id)
                        batch.Rows<PersonRow>().Want(new RowKey(id));
                },
                Deciding = batch => Mark(batch, http.Actor(), key, person, hash),
            },
            _ => Answer.NoContent()
        );
    }

    /// <summary>Whoever has moved to another address meanwhile keeps getting mail there.</summary>
    private static bool Mark(BatchState batch, Actor actor, IdentityKey key, Guid? person, string hash)
    {
        if (
            person is not { } id
            || batch.Rows<PersonRow>().Find(new RowKey(id)) is not { Status: PersonRow.Active, MailRefusedAt: null } row
            || key.Of(EmailAddress.Parse(row.Email)!) != hash
        )
            return false;
        var at = batch.Tree(TreeId.Platform).At;
        row.MailRefusedAt = at;
        batch.Change(row, at);
        batch.RecordEvent(TreeId.Platform, actor, PersonEvents.Updated, new PersonData(row.Id));
        return true;
    }

    private sealed class Validator : AbstractValidator<BounceBody>
    {
        public Validator() => RuleFor(body => body.Email).Email();
    }
}
