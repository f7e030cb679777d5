using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// Someone who is to call: with a client of the embedded token server, or with the tokens that an external issuer makes for a subject.
/// </summary>
/// <param name="Name">For people.</param>
/// <param name="Issuer">The external issuer; null for the embedded token server.</param>
/// <param name="Subject">The <c>sub</c> of the issuer's tokens.</param>
/// <param name="KnownAs">The principal that the subject names already.</param>
public sealed record Newcomer(string Name, string? Issuer, string? Subject, Guid? KnownAs)
{
    /// <summary>OpenID Connect Core, section 2: a subject has at most 255 characters.</summary>
    public const int MaxSubject = 255;

    /// <summary>The new caller that the call describes; null when it names an existing principal, or nobody.</summary>
    /// <exception cref="ProblemException">The subject is missing where an external issuer makes the tokens, or stated where none
    /// does.</exception>
    public static async Task<Newcomer?> OfAsync(
        HttpContext http,
        GpuGrantsContext db,
        string? name,
        string nameField,
        string? subject,
        string subjectField,
        bool named = false
    )
    {
        if (named)
            return null;
        var issuer = http.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value.ExternalIssuer;
        if (issuer is null && subject is not null)
            throw Problem.Invalid(
                subjectField,
                "Leave it out. This service issues the tokens itself, and the answer shows the new client's credentials."
            );
        if (name is null)
            return subject is null ? null : throw Problem.Invalid(nameField, "State a name for the subject.");
        if (issuer is null)
            return new Newcomer(name, null, null, null);
        if (subject is null)
            throw Problem.Invalid(subjectField, $"State the subject (sub) of the tokens that {issuer} makes for them.");
        var known = await db.Set<Principal>()
            .AsNoTracking()
            .FirstOrDefaultAsync(row => row.ExternalIssuer == issuer && row.ExternalSubject == subject, http.RequestAborted);
        return new Newcomer(known?.Name ?? name, issuer, subject, known?.Id);
    }

    /// <summary>Carries out a call that makes principals or roles. Each of them exists only once.</summary>
    /// <exception cref="ProblemException">Another call made the same principal or gave the same role at the same moment.</exception>
    public static async Task<IResult> OnceAsync(Func<Task<IResult>> call)
    {
        try
        {
            return await call();
        }
        catch (PostgresException failure)
            when (failure
                    is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "principals_by_external" or "role_assignments_once" }
            )
        {
            throw new ProblemException(
                Problem.Document(
                    409,
                    "changed-meanwhile",
                    "Another call made the same principal or gave the same role at the same moment. Try again."
                )
            );
        }
    }

    /// <summary>Wants what <see cref="Enter"/> reads.</summary>
    /// <param name="batch">The batch, under the platform tree's lock.</param>
    /// <param name="actor">Who makes it.</param>
    public void Plan(BatchState batch, Actor actor)
    {
        if (KnownAs is null && Issuer is null)
            batch.Table<ClientOrigins>().Plan(actor);
    }

    /// <summary>Makes the principal unless it exists. Makes its client too where the service makes the tokens.</summary>
    /// <param name="actor">Who makes it.</param>
    /// <param name="actsFor">The person who acts through it; null where a platform administrator says that another person is behind
    /// it.</param>
    /// <param name="role">The role that its client is for.</param>
    /// <param name="organization">The organization whose owners manage the client.</param>
    public (Guid Principal, CredentialsView? Client) Enter(BatchState batch, Actor actor, Guid? actsFor, string role, Guid? organization)
    {
        if (KnownAs is { } known)
            return (known, null);
        var at = batch.Tree(TreeId.Platform).At;
        var id = Guid.CreateVersion7(at);
        var principal = new Principal
        {
            Id = id,
            PersonId = actsFor ?? id,
            Name = Name,
            ExternalIssuer = Issuer,
            ExternalSubject = Subject,
            Status = "active",
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        batch.Rows<Principal>().Insert(principal);
        if (Issuer is not null)
            return (principal.Id, null);
        var (row, secret) = Memberships.NewClient(
            at,
            principal.Id,
            organization,
            Name,
            Memberships.ScopesOf(role),
            actor.PrincipalId,
            null,
            actor.MadeBy()
        );
        batch.Rows<ApiClient>().Insert(row);
        SecretMakers.Keep(batch, row, actor);
        return (
            principal.Id,
            new CredentialsView
            {
                ClientId = row.ClientId,
                ClientSecret = secret,
                Scopes = row.Scopes,
            }
        );
    }
}
