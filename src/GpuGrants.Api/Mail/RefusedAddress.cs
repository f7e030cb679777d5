using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using MailKit.Net.Smtp;

namespace GpuGrants.Api.Mail;

/// <summary>What a mail server refuses for good.</summary>
internal static class RefusedAddress
{
    private const int Permanent = 500;

    /// <summary>The server's answer when no later try can succeed; null when one may.</summary>
    public static string? AnswerOf(Exception? failure) =>
        failure is SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted } refused
        && (int)refused.StatusCode >= Permanent
            ? ((int)refused.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture)
            : null;

    /// <summary>
    /// Whether the server refused the recipient for good, which says that the address takes no mail. A server that refuses the message, or
    /// by its policy (RFC 3463, X.7), says nothing of the address.
    /// </summary>
    public static bool IsOfAddress(Exception? failure) =>
        failure is SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted } refused
        && AnswerOf(refused) is not null
        && !refused.Message.TrimStart().StartsWith("5.7.", StringComparison.Ordinal);

    /// <summary>Marks a person's address, unless the person has moved to another one.</summary>
    /// <returns>The command; refused when there is nothing to mark.</returns>
    public static ChangeResource<PersonRow> Mark(Guid person, string address) =>
        new()
        {
            Tree = TreeId.Platform,
            Actor = Actor.Service,
            Key = new RowKey(person),
            Changing = (batch, row) =>
            {
                if (row.Status != PersonRow.Active || row.Email != address || row.MailRefusedAt is not null)
                    return Refusal.NotFound;
                row.MailRefusedAt = batch.Tree(TreeId.Platform).At;
                return null;
            },
            Recording = (batch, row) => batch.RecordEvent(TreeId.Platform, Actor.Service, PersonEvents.Updated, new PersonData(row.Id)),
        };
}
